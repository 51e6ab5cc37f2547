// Keeps the inbox fresh, without taking the focus from a reader.
const inbox = document.getElementById("inbox");

async function refresh() {
  try {
    const page = await (await fetch("mail", { cache: "no-store" })).text();
    const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("inbox");
    if (fresh.innerHTML !== inbox.innerHTML && !inbox.contains(document.activeElement)) {
      inbox.replaceChildren(...fresh.childNodes);
    }
  } catch {
    // the server restarts: look again
  }
}

setInterval(refresh, 2000);
