// Starts the chat component on our log, in the page's language and the visitor's colours.
import { Connection } from "./connection.js";
import { storeOf } from "./files.js";
import { looks } from "./looks.js";
import { toHtml } from "./words.js";

const words = JSON.parse(document.getElementById("words").textContent);
const element = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
const tabs = new BroadcastChannel("helpdesk-chat");
const opened = Date.now();
const HISTORY = 3000; // milliseconds in which what arrives was said before
let unread = 0;

const connection = new Connection(words, {
  online(yes) {
    element("offline").hidden = yes;
  },
  waiting(yes) {
    element("too-fast").hidden = !yes;
  },
  uploading(share) {
    element("uploading").hidden = share === null;
    element("uploaded").value = share ?? 0;
  },
  unusable(text) {
    element("unusable").textContent = text;
    element("unusable").hidden = false;
  },
  heard() {
    if (document.hidden && Date.now() - opened > HISTORY) showUnread(unread + 1);
  },
});

const store = storeOf(connection);

function render() {
  window.WebChat.renderWebChat(
    {
      directLine: connection.directLine,
      store,
      userID: "me",
      locale: words.locale,
      nonce: words.nonce,
      renderMarkdown: toHtml,
      styleOptions: looks(dark.matches),
    },
    element("chat"),
  );
}

function showUnread(count) {
  unread = count;
  document.title = (count ? `(${count}) ` : "") + words.page_title;
}

async function startOver() {
  if (await connection.restart()) {
    tabs.postMessage("restarted");
    location.reload();
  }
}

element("restart").addEventListener("click", () => element("question").showModal());
element("question").addEventListener("close", () => {
  if (element("question").returnValue === "yes") startOver();
});
tabs.addEventListener("message", () => location.reload());
dark.addEventListener("change", render);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) showUnread(0);
  connection.watch(!document.hidden);
});
render();
