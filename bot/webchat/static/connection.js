// Joins the chat component to our log: it expects a DirectLine, we have a POST and a stream.
import { observable, subject } from "./observable.js";
import { said } from "./words.js";

const PLACE = "webchat:sequence-id"; // the component's order; by time alone, clocks would decide
const LONGEST = 4000; // characters of a message that the server takes
const RETRY = 1500; // milliseconds
const POLL = 10000; // milliseconds between looks at the log from a tab in the background
const FLICKER = 400; // milliseconds in which an answer needs no "is typing" before it
const TYPING = 3000; // milliseconds after which "is typing" is said again
const UPLOAD_AGAIN = 5000; // milliseconds before a file is sent once more: it may be large
const UPLOAD_TRIES = 5; // of a file that gets there: whatever was written after it waits behind it

/** One chat: sends each message once, shows each message of the log once. */
export class Connection {
  /** `page` is told `online(yes)`, `waiting(yes)` (we sent too fast), `heard()`, `unusable(text)`,
      `uploading(share)` (of a file that is under way, null: none is). */
  constructor(words, page) {
    this.words = words;
    this.page = page;
    this.activities = subject();
    this.outgoing = [];
    this.files = []; // those on their way through the component
    this.marks = new Map(); // our ids of messages sent from this tab: how the component knows them
    this.sending = false;
    this.lastSeen = 0;
    this.local = 0;
    this.opening = null;
    this.listener = null; // ends the stream or the polling under way
    this.withHuman = false;
    this.working = 0; // counts questions, so that an old one's "is typing" ends
    this.directLine = {
      activity$: observable((observer) => {
        const shown = this.activities.observable.subscribe(observer);
        this.opening ??= this.open(); // the component subscribes more than once
        return () => shown.unsubscribe();
      }),
      connectionStatus$: observable((observer) => {
        for (const state of [0, 1, 2]) observer.next(state); // there is nothing to wait for
      }),
      postActivity: (activity) => observable((observer) => this.post(activity, observer)),
      end: () => this.listener?.(),
    };
  }

  async open() {
    const response = await this.request(`/webchat/join?language=${this.words.language}`, { method: "POST" });
    if (response?.status === 202) return this.watch(!document.hidden);
    if (response?.status === 429) this.page.unusable(this.words.too_busy);
    setTimeout(() => this.open(), (response?.headers.get("Retry-After") || 2) * 1000);
    return undefined;
  }

  /** Leave this chat for a new one; tells whether that worked. */
  async restart() {
    const response = await this.request("/webchat/restart", { method: "POST" });
    if (response?.status === 429) this.page.unusable(this.words.too_busy);
    return response?.ok ?? false;
  }

  async request(path, options) {
    try {
      const response = await fetch(path, options);
      this.page.online(response.status !== 503);
      if (!response.ok || response.status === 202) await response.text(); // nothing to read in it
      return response;
    } catch {
      this.page.online(false);
      return null;
    }
  }

  // -- in -----------------------------------------------------------------------------------
  /** Listen: by a stream while the tab is seen, else by a look now and then (browsers open only
      six connections to a host, for all tabs together). */
  watch(seen) {
    this.listener?.();
    this.listener = seen ? this.stream() : this.poll();
  }

  stream() {
    const source = new EventSource(`/webchat/events?after=${this.lastSeen}`);
    let doubt; // runs from the first error to the next success
    source.onopen = () => {
      clearTimeout(doubt);
      doubt = undefined;
      this.page.online(true);
      this.flush();
    };
    source.onmessage = (event) => this.show(JSON.parse(event.data));
    source.onerror = () => {
      // Between two replicas there may be a moment; only what lasts is worth a word.
      doubt ??= setTimeout(() => {
        this.page.online(false);
        if (source.readyState === EventSource.CLOSED) this.watch(true);
        else doubt = undefined;
      }, RETRY);
    };
    return () => {
      clearTimeout(doubt);
      source.close();
    };
  }

  poll() {
    let timer;
    let ended = false;
    const look = async () => {
      const response = await this.request(`/webchat/messages?after=${this.lastSeen}`);
      if (ended) return;
      if (response?.ok) for (const message of (await response.json()).messages) this.show(message);
      timer = setTimeout(look, POLL);
    };
    look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }

  show(message) {
    if (message.id <= this.lastSeen) return;
    this.lastSeen = message.id;
    if (message.author === "user") {
      // Takes the place of what was shown when it was sent: the log keeps no passwords and codes.
      this.activities.next(this.mine(message.of || `log-${message.id}`, message.text, message.at, message.id));
      this.marks.delete(message.of);
      return;
    }
    this.withHuman = message.author !== "bot";
    this.working += 1;
    this.page.heard();
    this.activities.next(this.theirs(`log-${message.id}`, message));
  }

  mine(id, text, at, place) {
    const channelData = { clientActivityID: this.marks.get(id), [PLACE]: place };
    return {
      type: "message", id, timestamp: at, text, textFormat: "plain", channelData,
      from: { id: "me", role: "user" },
    };
  }

  theirs(id, message) {
    const human = message.author === "bot" ? "" : message.author;
    const text = said(human, message.text);
    const activity = {
      type: "message", id, timestamp: message.at, text, textFormat: "markdown",
      from: { id: message.author, role: "bot", name: human || this.words.assistant }, channelData: { [PLACE]: message.id },
    };
    const actions = (message.buttons || []).map(toAction);
    if (actions.length) activity.suggestedActions = { actions, to: [] };
    return activity;
  }

  // -- out ----------------------------------------------------------------------------------
  post(activity, observer) {
    const id = newId();
    const press = typeof activity.value === "string" ? activity.value : "";
    const text = activity.text || activity.channelData?.messageBack?.displayText || "";
    this.marks.set(id, activity.channelData?.clientActivityID);
    const sent = () => {
      // The log's copy may have overtaken the receipt.
      if (this.marks.has(id)) this.activities.next(this.mine(id, text, new Date().toISOString(), this.last()));
      observer.next(id);
      observer.complete();
    };
    if (text.length > LONGEST) {
      sent();
      this.say(this.words.too_long);
      return;
    }
    const file = this.files[activity.channelData?.file];
    delete this.files[activity.channelData?.file];
    this.outgoing.push({ id, file, body: JSON.stringify({ id, text: press ? "" : text, choice: press }), sent });
    this.flush();
  }

  /** Keep a file until its message comes back from the component; returns what that is to carry. */
  enclose(file) {
    return this.files.push(file) - 1;
  }

  /** Send what waits, in order; the ids make it harmless to send a message again. */
  async flush() {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.outgoing.length && (await this.deliver(this.outgoing[0]))) this.outgoing.shift();
    } finally {
      this.sending = false;
    }
  }

  async deliver(message) {
    const { id, file, body, sent } = message;
    const question = (this.working += 1); // before it is sent: the answer may overtake the receipt
    const headers = { "Content-Type": "application/json" };
    const response = file
      ? await this.upload(id, file)
      : await this.request("/webchat/messages", { method: "POST", body, headers });
    this.page.waiting(response?.status === 429);
    switch (response?.status) {
      case 202:
        sent();
        this.showWork(question);
        return true;
      case 401:
        sent();
        this.page.unusable(this.words.no_cookies);
        return true;
      case 400:
      case 408:
      case 413:
      case 415:
      case 507:
        sent();
        this.say(this.refusal(response.status, file));
        return true;
      case 429:
        setTimeout(() => this.flush(), response.headers.get("Retry-After") * 1000);
        return false;
      default:
        if (file && !(await isReadable(file))) {
          sent();
          this.say(this.words.file_unreadable.replace("{name}", file.name));
          return true;
        }
        // Away is waited for; who takes the bytes and does not answer will not: words wait behind.
        message.tries = (message.tries || 0) + (response ? 1 : 0);
        if (file && message.tries >= UPLOAD_TRIES) {
          sent();
          this.say(this.refusal(response?.status, file));
          return true;
        }
        setTimeout(() => this.flush(), file ? UPLOAD_AGAIN : RETRY);
        return false;
    }
  }

  refusal(status, file) {
    if (!file) return this.words.too_long;
    const reason = { 413: "file_too_large", 415: "file_wrong_type" }[status] || "file_refused";
    return this.words[reason].replace("{name}", file.name);
  }

  /** As `request`, for a file: its name stands in no address, and how far it is gone is shown. */
  upload(id, file) {
    return new Promise((done) => {
      const request = new XMLHttpRequest(); // what `fetch` has sent it does not tell
      request.open("PUT", `/webchat/files/${id}`);
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.replace(/\p{Surrogate}/gu, "?")));
      let begun = false;
      request.upload.onprogress = ({ loaded, total }) => {
        begun ||= loaded > 0;
        this.page.uploading(total ? loaded / total : 0);
      };
      request.onloadend = () => {
        const { status } = request; // 0: there was no answer
        this.page.uploading(null);
        this.page.online(status !== 0 && status !== 503);
        const headers = { get: (name) => request.getResponseHeader(name) };
        done(status || begun ? { status, headers } : null);
      };
      request.send(file);
    });
  }

  /** Show "is typing" while the assistant works; a human's typing we do not know. */
  async showWork(question) {
    if (this.withHuman) return;
    let settled = false;
    const isOver = () => settled || question !== this.working;
    await pause(FLICKER);
    if (isOver()) return;
    this.request("/webchat/settled").then(() => (settled = true));
    while (!isOver()) {
      this.activities.next({
        type: "typing", id: `typing-${newId()}`, from: { id: "bot", role: "bot" },
        timestamp: new Date().toISOString(),
      });
      await pause(TYPING);
    }
  }

  say(text) {
    const message = { id: this.last(), text, author: "bot", at: new Date().toISOString() };
    this.activities.next(this.theirs(`local-${newId()}`, message));
  }

  /** Returns the place of what is not in the log (yet): after all that is. */
  last() {
    return (this.local = Math.max(this.lastSeen, this.local) + 1e-3);
  }
}

function toAction(button) {
  if (button.url) return { type: "openUrl", title: button.title, value: button.url };
  return { type: "messageBack", title: button.title, displayText: button.title, text: button.title, value: button.payload };
}

/** Tells whether a file is still what was chosen: changed or deleted since, it cannot be sent. */
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function pause(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
