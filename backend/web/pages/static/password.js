// The one-time password page. The password is sent once, to our own server, and nowhere else.

import {
  ask, byId, clockTime, currentScreen, fillOver, hasText, onLanguage, say, show, showOver, takeToken,
  text, when,
} from "./common.js";

const number = byId("number");
const password = byId("password");
const repeat = byId("repeat");
const reveal = byId("reveal");
const token = takeToken();

let view = null; // what the server told of the open page
let end = null; // why it is over
let problems = new Map(); // element → [key, values]: the errors shown
let notice = null; // the box above the form: {key, values, rules, left}
let sending = false;
let summaryTimer = 0;
let endTimer = 0;

// -- opening ---------------------------------------------------------------------------------
async function open() {
  show("loading");
  let answer;
  try {
    answer = token ? await ask("exchange", { token }) : await ask("session");
  } catch {
    show("offline");
    return;
  }
  follow(answer);
}

function follow(answer) {
  if (answer.state === "open") {
    begin(answer);
  } else if (answer.state === "over") {
    finish(() => {
      end = answer.end;
      showOver(end);
    });
  } else {
    finish(() => show(answer.state));
  }
}

function begin(answer) {
  view = answer;
  render();
  show("form");
  clearTimeout(endTimer);
  const expired = { state: "over", end: "expired" };
  endTimer = setTimeout(() => follow(expired), view.seconds_left * 1000);
}

function finish(showEnd) {
  clearTimeout(endTimer);
  byId("form").reset();
  showEnd();
}

// -- what is shown ---------------------------------------------------------------------------
function render() {
  if (end !== null) {
    fillOver(end);
  }
  if (view === null) {
    return;
  }
  say(byId("form-title"), `form.title.${view.purpose}`);
  say(byId("changed-title"), `changed.title.${view.purpose}`);
  byId("fact-account").textContent = view.username;
  byId("fact-channel-row").hidden = view.channel === "";
  const channel = `channel.${view.channel}`;
  byId("fact-channel").textContent = hasText(channel) ? text(channel) : view.channel;
  byId("fact-issued").textContent = when(view.issued_at, view.time_zone);
  byId("fact-ends").textContent = clockTime(view.ends_at, view.time_zone);
  byId("number-field").hidden = view.number_proven;
  say(byId("number-hint"), `number.hint.${view.purpose}`, { digits: view.number_digits });
  renderRules();
  renderProblems();
  renderNotice();
  say(byId("submit"), sending ? "sending" : "submit");
  say(byId("status"), sending ? "sending" : "");
}

function renderRules() {
  const typed = password.value;
  const items = [];
  for (const check of view.policy.checks) {
    const met = obeys(check, typed);
    // A rule that an empty field obeys is only worth a line once it is broken.
    if (!met || !obeys(check, "")) {
      items.push(ruleItem(check, met, typed !== ""));
    }
  }
  byId("rules").replaceChildren(...items);
  clearTimeout(summaryTimer);
  summaryTimer = setTimeout(summarise, 600);
}

function ruleItem(check, met, typing) {
  const item = document.createElement("li");
  item.dataset.rule = check.rule;
  item.dataset.met = met ? "yes" : obeys(check, "") && typing ? "broken" : "no";
  const words = document.createElement("span");
  words.textContent = text(`rule.${check.rule}`, { value: check.value });
  const state = document.createElement("span");
  state.className = "sr";
  state.textContent = ` (${text(met ? "rules.met" : "rules.unmet")})`;
  words.append(state);
  item.append(words);
  return item;
}

function summarise() {
  const items = [...byId("rules").children];
  const met = items.filter((item) => item.dataset.met === "yes").length;
  const summary = byId("rules-summary");
  const said = text("rules.summary", { met, all: items.length });
  if (summary.textContent !== said) {
    summary.textContent = said;
  }
}

function renderProblems() {
  for (const field of [number, password, repeat]) {
    const problem = problems.get(field);
    const line = byId(`${field.id}-error`);
    line.hidden = problem === undefined;
    say(line, problem?.[0] ?? "", problem?.[1]);
    field.setAttribute("aria-invalid", String(problem !== undefined));
  }
}

function renderNotice() {
  byId("alert").hidden = notice === null;
  say(byId("alert-text"), notice?.key ?? "", notice?.values);
  byId("alert-rules").replaceChildren(
    ...(notice?.rules ?? []).map((rule) => {
      const item = document.createElement("li");
      const check = view.policy.checks.find((one) => one.rule === rule);
      item.textContent = text(`refused.${rule}`, { value: check?.value });
      return item;
    }),
  );
  say(byId("alert-more"), notice?.left === undefined ? "" : "refused.left", { left: notice?.left });
}

// -- sending ---------------------------------------------------------------------------------
const obeys = (check, typed) => new RegExp(check.pattern).test(typed);

function findProblems() {
  const found = new Map();
  const digits = number.value.replace(/\s/g, "");
  if (!view.number_proven && !(/^\d+$/.test(digits) && digits.length === view.number_digits)) {
    found.set(number, ["number.malformed", { digits: view.number_digits }]);
  }
  if (password.value === "") {
    found.set(password, ["password.empty"]);
  } else if (!view.policy.checks.every((check) => obeys(check, password.value))) {
    found.set(password, ["password.rules"]);
  }
  if (!reveal.checked && repeat.value !== password.value) {
    found.set(repeat, ["repeat.differs"]);
  }
  return found;
}

async function submit(event) {
  event.preventDefault();
  if (sending) {
    return;
  }
  notice = null;
  problems = findProblems();
  if (problems.size > 0) {
    render();
    problems.keys().next().value.focus();
    return;
  }
  setSending(true);
  let answer = { state: "unreachable" };
  try {
    const digits = number.value.replace(/\s/g, "");
    answer = await ask("submit", { number: digits, password: password.value });
  } catch {
    // the form stays as it is
  }
  setSending(false);
  answered(answer);
}

function answered(answer) {
  switch (answer.state) {
    case "refused":
      view.number_proven = true;
      tell({ key: "refused.title", rules: answer.rules, left: answer.submits_left });
      break;
    case "wrong_number":
      problems = new Map([[number, ["number.wrong", { left: answer.tries_left }]]]);
      render();
      number.select();
      number.focus();
      break;
    case "busy":
    case "away":
    case "unreachable":
      tell({ key: `answer.${answer.state}` });
      break;
    default:
      follow(answer);
  }
}

function tell(what) {
  notice = what;
  render();
  byId("alert").focus();
}

function setSending(now) {
  sending = now;
  byId("submit").setAttribute("aria-disabled", String(now));
  render();
}

// -- events ----------------------------------------------------------------------------------
byId("form").addEventListener("submit", submit);
byId("retry").addEventListener("click", open);
for (const field of [number, password, repeat]) {
  field.addEventListener("input", () => {
    problems.delete(field);
    render();
  });
}
reveal.addEventListener("change", () => {
  const kind = reveal.checked ? "text" : "password";
  password.type = kind;
  byId("repeat-field").hidden = reveal.checked;
  problems.delete(repeat);
  render();
});
onLanguage(() => {
  render();
  if (currentScreen() === "form") {
    summarise();
  }
});
await open();
