// "It wasn't me". Opening the page changes nothing; the button does.

import { ask, byId, fillOver, onLanguage, say, show, showOver, takeToken, when, text } from "./common.js";

const token = takeToken();
let answer = null;
let sending = false;

async function freeze() {
  if (sending) {
    return;
  }
  setSending(true);
  try {
    answer = await ask("freeze", { token });
  } catch {
    setSending(false);
    show("offline");
    return;
  }
  setSending(false);
  render();
  if (answer.state === "over") {
    showOver(answer.end, "freeze.over");
  } else {
    show(answer.state);
  }
}

function setSending(now) {
  sending = now;
  byId("freeze").setAttribute("aria-disabled", String(now));
  render();
}

function render() {
  say(byId("freeze"), sending ? "sending" : "freeze.button");
  say(byId("status"), sending ? "sending" : "");
  if (answer?.state === "frozen") {
    const until = when(answer.until, answer.time_zone);
    byId("frozen-body").textContent = text("frozen.body", { until });
  } else if (answer?.state === "over") {
    fillOver(answer.end, "freeze.over");
  }
}

byId("freeze").addEventListener("click", freeze);
byId("retry").addEventListener("click", freeze);
onLanguage(render);
if (token === "") {
  show("no_link");
}
