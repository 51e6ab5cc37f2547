// Joins the chat component to our log: it expects a DirectLine, we have a POST and a stream.
"use strict";

(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const nonce = document.currentScript.dataset.nonce;
  const mine = new Map(); // ids of messages sent from this tab, already on the screen
  const activities = subject();
  const status = subject();
  let lastSeen = 0;

  // -- the little of observables that the component needs ------------------------------------
  function subject() {
    const observers = new Set();
    return {
      next(value) { for (const observer of observers) observer.next(value); },
      observable: observable((observer) => {
        observers.add(observer);
        return () => observers.delete(observer);
      }),
    };
  }

  function observable(subscribe) {
    return {
      subscribe(next, error, complete) {
        const observer = typeof next === "function" ? { next, error, complete } : next;
        const end = subscribe(observer);
        return { unsubscribe: () => end && end() };
      },
      [Symbol.observable || "@@observable"]() { return this; },
    };
  }

  // -- in ---------------------------------------------------------------------------------------
  function listen() {
    const stream = new EventSource(`/webchat/events?after=${lastSeen}`);
    stream.onopen = () => online(true);
    stream.onmessage = (event) => show(JSON.parse(event.data));
    stream.onerror = () => {
      online(false);
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
    };
  }

  function online(yes) {
    document.getElementById("offline").hidden = yes;
    if (yes) flush();
  }

  function show(message) {
    if (message.id <= lastSeen) return;
    lastSeen = message.id;
    if (message.author === "user") {
      const ownId = mine.get(message.of);
      mine.delete(message.of);
      activities.next(activity(message, ownId || `log-${message.id}`, "user"));
      return;
    }
    activities.next(activity(message, `log-${message.id}`, "bot"));
  }

  function activity(message, id, role) {
    const agent = role === "bot" && message.author !== "bot";
    const found = {
      type: "message",
      id,
      timestamp: new Date().toISOString(),
      from: { id: role === "user" ? "me" : message.author, role, name: agent ? message.author : words.assistant },
      text: agent ? `${message.author}: ${message.text}` : message.text,
      textFormat: "plain",
    };
    const actions = (message.buttons || []).map((button) =>
      button.url
        ? { type: "openUrl", title: button.title, value: button.url }
        : { type: "messageBack", title: button.title, displayText: button.title, text: button.title, value: button.payload });
    if (actions.length) found.suggestedActions = { actions, to: [] };
    return found;
  }

  // -- out --------------------------------------------------------------------------------------
  const waiting = [];
  let sending = false;

  function post(sent, observer) {
    const id = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(16).slice(2)}`;
    mine.set(id, id);
    waiting.push({ id, sent, observer });
    flush();
  }

  async function flush() {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length) {
        if (!(await deliver(waiting[0]))) break;
        waiting.shift();
      }
    } finally {
      sending = false;
    }
  }

  async function deliver({ id, sent, observer }) {
    const choice = sent.type === "message" && sent.value && typeof sent.value === "string" ? sent.value : "";
    const body = JSON.stringify({ id, text: choice ? "" : sent.text || "", choice });
    let response;
    try {
      response = await fetch("/webchat/messages", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    } catch {
      online(false);
      setTimeout(flush, 2000);
      return false;
    }
    if (response.status === 503) {
      setTimeout(flush, 1000);
      return false;
    }
    if (response.status === 401) {
      location.reload();
      return false;
    }
    if (!response.ok) {
      mine.delete(id);
      say(response.status === 413 ? words.too_long : words.too_fast);
      observer.error(new Error(String(response.status)));
      return true;
    }
    // Shown at once; the log's copy (without what must not be kept) takes its place.
    activities.next({
      type: "message", id, timestamp: new Date().toISOString(), textFormat: "plain",
      text: sent.text || sent.displayText || "", from: { id: "me", role: "user" },
      channelData: { clientActivityID: (sent.channelData || {}).clientActivityID },
    });
    activities.next({ type: "typing", id: `typing-${id}`, from: { id: "bot", role: "bot" }, timestamp: new Date().toISOString() });
    observer.next(id);
    observer.complete();
    return true;
  }

  function say(text) {
    activities.next({
      type: "message", id: `local-${Date.now()}`, timestamp: new Date().toISOString(), textFormat: "plain",
      text, from: { id: "bot", role: "bot", name: words.assistant },
    });
  }

  // -- the component ------------------------------------------------------------------------------
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const directLine = {
    activity$: observable((observer) => {
      const ended = activities.observable.subscribe(observer);
      join().then(listen);
      return () => ended.unsubscribe();
    }),
    connectionStatus$: observable((observer) => {
      const ended = status.observable.subscribe(observer);
      for (const state of [0, 1, 2]) observer.next(state);
      return () => ended.unsubscribe();
    }),
    postActivity: (sent) => observable((observer) => { post(sent, observer); }),
    end() {},
  };

  async function join() {
    try {
      await fetch("/webchat/join", { method: "POST" });
    } catch {
      online(false);
    }
  }

  function style() {
    const night = dark.matches;
    return {
      accent: night ? "#7db8f5" : "#0b5cad",
      backgroundColor: night ? "#14191f" : "#ffffff",
      bubbleBackground: night ? "#222c36" : "#eef2f6",
      bubbleBorderColor: "transparent",
      bubbleBorderRadius: 12,
      bubbleTextColor: night ? "#e8edf3" : "#1d2733",
      bubbleFromUserBackground: "#0b5cad",
      bubbleFromUserBorderColor: "transparent",
      bubbleFromUserBorderRadius: 12,
      bubbleFromUserTextColor: "#ffffff",
      timestampColor: night ? "#a8b4c2" : "#5a6675",
      subtle: night ? "#a8b4c2" : "#5a6675",
      sendBoxBackground: night ? "#1c242c" : "#ffffff",
      sendBoxTextColor: night ? "#e8edf3" : "#1d2733",
      sendBoxPlaceholderColor: night ? "#a8b4c2" : "#5a6675",
      sendBoxBorderTop: `solid 1px ${night ? "#303a46" : "#d9e0e8"}`,
      sendBoxButtonColor: night ? "#7db8f5" : "#0b5cad",
      suggestedActionLayout: "flow",
      suggestedActionBackgroundColor: night ? "#1c242c" : "#ffffff",
      suggestedActionBorderColor: night ? "#7db8f5" : "#0b5cad",
      suggestedActionTextColor: night ? "#7db8f5" : "#0b5cad",
      suggestedActionBorderRadius: 18,
      suggestedActionHeight: 38,
      suggestedActionsStackedLayoutButtonTextWrap: true,
      hideUploadButton: true,
      botAvatarInitials: undefined,
      userAvatarInitials: undefined,
      bubbleMaxWidth: 560,
      primaryFont: 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif',
      typingAnimationDuration: 8000,
      showSpokenText: false,
      groupTimestamp: 60000,
    };
  }

  function render() {
    window.WebChat.renderWebChat(
      { directLine, userID: "me", locale: words.locale, nonce, styleOptions: style() },
      document.getElementById("chat"),
    );
  }

  document.getElementById("restart").addEventListener("click", async () => {
    if (!confirm(words.restart_question)) return;
    await fetch("/webchat/restart", { method: "POST" });
    location.reload();
  });
  dark.addEventListener("change", render);
  render();
})();
