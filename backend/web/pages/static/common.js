// What both pages share: texts in two languages, screens, and posts to our own server.

const body = document.body.dataset;
const texts = JSON.parse(document.getElementById("texts").textContent);
const chosen = "helpdesk-language";
let language = remembered() ?? document.documentElement.lang;
const LOCALES = { id: "id-ID", en: "en-GB" };
let whenLanguageChanges = () => {};

/** The sentence for a key; `{name}` is replaced by `values.name`. */
export function text(key, values = {}) {
  const sentence = texts[language][key] ?? "";
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** True when there is a sentence for the key. */
export const hasText = (key) => key in texts[language];

/** An instant the way people read it. */
export function when(iso, timeZone) {
  const options = { dateStyle: "medium", timeStyle: "short", timeZone };
  return new Intl.DateTimeFormat(LOCALES[language], options).format(new Date(iso));
}

/** A time of day, with its zone. */
export function clockTime(iso, timeZone) {
  const options = { hour: "2-digit", minute: "2-digit", timeZone, timeZoneName: "short" };
  return new Intl.DateTimeFormat(LOCALES[language], options).format(new Date(iso));
}

export const byId = (id) => document.getElementById(id);

/** Fill a sentence into an element. */
export function say(element, key, values) {
  element.textContent = key === "" ? "" : text(key, values);
}

/** Show one screen, and take keyboard and screen reader to its heading. */
export function show(screen) {
  for (const section of document.querySelectorAll("[data-screen]")) {
    section.hidden = section.dataset.screen !== screen;
  }
  nameThePage();
  current().querySelector("h1").focus();
  scrollTo(0, 0);
}

export const currentScreen = () => current().dataset.screen;

/** Explain why a link does not work; `area` names the texts. */
export function showOver(end, area = "over") {
  fillOver(end, area);
  show("over");
}

/** Fill the texts of the screen "over" (again, when the language changes). */
export function fillOver(end, area = "over") {
  const known = hasText(`${area}.${end}.title`) ? end : "unknown";
  say(byId("over-title"), `${area}.${known}.title`);
  say(byId("over-body"), `${area}.${known}.body`);
  say(byId("over-next"), hasText(`${area}.${known}.next`) ? `${area}.${known}.next` : "over.next");
}

/** Call `render` whenever texts made by the script must be made again. */
export function onLanguage(render) {
  whenLanguageChanges = render;
}

/** The token of the mailed link. It leaves the address bar and the history. */
export function takeToken() {
  const token = location.hash.slice(1);
  if (location.hash !== "") {
    history.replaceState(null, "", location.pathname);
  }
  return token;
}

/** The server could not be reached, or did not understand. */
export class Unreachable extends Error {}

/** Ask our server. Throws Unreachable. */
export async function ask(path, message) {
  const options = { cache: "no-store", credentials: "same-origin", redirect: "error" };
  if (message !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(message);
  }
  try {
    const response = await fetch(`${body.base}/${path}`, options);
    if (response.ok) {
      return await response.json();
    }
  } catch {
    // told to the person below
  }
  throw new Unreachable();
}

function remembered() {
  try {
    return sessionStorage.getItem(chosen);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember() {
  try {
    sessionStorage.setItem(chosen, language);
  } catch {
    // asked again after a reload
  }
}

function current() {
  return document.querySelector("[data-screen]:not([hidden])");
}

function nameThePage() {
  const heading = current().querySelector("h1").textContent.trim();
  document.title = `${heading} · ${body.organisation}`;
}

function applyLanguage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  const button = byId("language");
  button.lang = language === "id" ? "en" : "id";
  button.textContent = language === "id" ? "English" : "Bahasa Indonesia";
  whenLanguageChanges();
  nameThePage();
}

byId("language").addEventListener("click", () => {
  language = language === "id" ? "en" : "id";
  remember();
  applyLanguage();
});
applyLanguage();
// Another link opened in this tab changes only the fragment.
addEventListener("hashchange", () => location.hash !== "" && location.reload());
