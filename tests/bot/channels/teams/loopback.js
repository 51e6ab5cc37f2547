// Loaded before a program: whatever it listens on, it listens on this machine only.
const { Server } = require("net");
const listen = Server.prototype.listen;
Server.prototype.listen = function (where, ...rest) {
  if (where !== null && typeof where === "object") {
    return listen.call(this, { ...where, host: "127.0.0.1" }, ...rest);
  }
  const callback = rest.find((each) => typeof each === "function");
  return listen.call(this, { port: Number(where), host: "127.0.0.1" }, callback);
};
