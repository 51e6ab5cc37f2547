// From what was said to HTML: everything is escaped, lines are kept, web addresses can be opened.

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const ADDRESS = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;
const MARK = "\u2063"; // invisible; a person's words cannot hold it (bot/channels/inbound.py)

/** Returns text that `toHtml` shows under the name of who said it. */
export function said(name, text) {
  return `${MARK}${name}${MARK}${text}`;
}

/** Returns the HTML of a text, or of a name and a text that `said` put together. */
export function toHtml(text) {
  const [before, name, ...rest] = text.split(MARK);
  if (before || !rest.length) return lines(text.replaceAll(MARK, ""));
  return `<p class="name">${escape(name)}</p>${lines(rest.join(""))}`;
}

function lines(text) {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${paragraph.split("\n").map(linked).join("<br>")}</p>`)
    .join("");
}

function linked(line) {
  let html = "";
  let end = 0;
  for (const { 0: address, index } of line.matchAll(ADDRESS)) {
    const shown = escape(address);
    html += `${escape(line.slice(end, index))}<a href="${shown}" rel="noopener noreferrer" target="_blank">${shown}</a>`;
    end = index + address.length;
  }
  return html + escape(line.slice(end));
}

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ESCAPED[character]);
}
