// From what was said to HTML: everything is escaped, lines are kept, web addresses can be opened.

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const ADDRESS = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;
const MARK = "\u2063"; // invisible; stands between a name and what was said

/** Returns a text for `toHtml`, shown under the name of who said it (none: the assistant). */
export function said(name, text) {
  const [plainName, plainText] = [name, text].map((part) => part.replaceAll(MARK, ""));
  return plainName ? plainName + MARK + plainText : plainText;
}

/** Returns the HTML of what `said` put together. */
export function toHtml(text) {
  const [first, second] = text.split(MARK);
  return second === undefined ? lines(first) : `<p class="name">${escape(first)}</p>${lines(second)}`;
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
