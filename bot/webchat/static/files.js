// Files, from the paper clip, dropped or pasted: each becomes a message of its own.

const LARGEST = 10 * 1024 * 1024; // bytes that the server takes
const KINDS = ".pdf,image/jpeg,image/png"; // what the dialog of the system offers; a phone's camera, too

/** The component's options for its paper clip. */
export const clip = { hideUploadButton: false, uploadAccept: KINDS, enableUploadThumbnail: false };

/** Returns the component's store; `connection` sends the files. */
export function storeOf(connection) {
  const { words } = connection;
  const store = window.WebChat.createStore({}, () => (next) => (action) => {
    if (action.type !== "WEB_CHAT/SET_SEND_BOX_ATTACHMENTS") return next(action);
    // At once, not with the words in the box: those may not be finished.
    for (const { blob } of action.payload.attachments) send(blob);
    return undefined;
  });

  function send(file) {
    if (file.size > LARGEST) {
      connection.say(words.file_too_large.replace("{name}", file.name));
      return;
    }
    const payload = { text: `📎 ${file.name}`, channelData: { file: connection.enclose(file) }, method: "file" };
    store.dispatch({ type: "WEB_CHAT/SEND_MESSAGE", payload });
  }

  for (const kind of ["dragenter", "dragover", "drop", "paste"]) {
    document.addEventListener(kind, (event) => {
      const data = event.dataTransfer || event.clipboardData;
      if (!data?.types.includes("Files")) return;
      // A list of people copied from a table comes with a picture of itself.
      if (kind === "paste" && data.types.includes("text/plain")) return;
      event.preventDefault(); // or the browser would leave the chat and show the file
      for (const file of data.files) send(file); // none while it is only dragged
    });
  }
  window.addEventListener("change", ({ target }) => {
    if (target.type === "file") target.value = ""; // so that the same file can be chosen again
  });
  return store;
}
