// Renews what changes by itself, and copies group ids. Without it the page works when reloaded.
//
// A page with <body data-live="SECONDS"> asks for itself again; of the answer only the elements with
// an id and `data-block` are taken, and of these only those that differ and are not in use.
"use strict";

const seconds = Number(document.body.dataset.live || 0);
const blocks = () => [...document.querySelectorAll("[data-block][id]")];
const shown = new Map(blocks().map((block) => [block.id, block.innerHTML]));

// A button is being pressed, or text is being marked: nothing at all may move.
function busy() {
  const marked = document.getSelection();
  return document.hidden || document.querySelector("main :active")
    || (marked && !marked.isCollapsed && marked.containsNode(document.getElementById("main"), true));
}

// Somebody reads an opened part, or types: this block stays as it is.
function inUse(block) {
  return block.querySelector(
    "details[open]:not([data-folding]), input:focus, textarea:focus, select:focus, form :focus");
}

// What the eye is on: it stays where it is on the screen while things above it grow or shrink.
function anchor() {
  const focus = document.activeElement;
  if (focus && focus !== document.body && focus.closest("main") && focus.id !== "main") return focus;
  return document.querySelector("details[open]:not([data-folding])")
    || [...document.querySelectorAll("main a:hover, main button:hover, main summary:hover")].pop();
}

function replace(block, html) {
  const focus = block.contains(document.activeElement) ? document.activeElement : null;
  const way = focus && focus.getAttribute("href");
  const open = [...block.querySelectorAll("details[open][id]")].map((one) => one.id);
  const scrolled = [...block.querySelectorAll("[id]")].filter((one) => one.scrollLeft || one.scrollTop)
    .map((one) => [one.id, one.scrollLeft, one.scrollTop]);
  block.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, left, top] of scrolled) document.getElementById(id)?.scrollTo(left, top);
  if (!focus) return;
  const again = focus.id ? document.getElementById(focus.id)
    : way && block.querySelector(`a[href="${CSS.escape(way)}"]`);
  again?.focus({ preventScroll: true });
}

function take(fresh) {
  const fixed = anchor();
  const before = fixed?.getBoundingClientRect().top;
  for (const block of blocks()) {
    const html = fresh.getElementById(block.id)?.innerHTML;
    if (html === undefined || html === shown.get(block.id) || inUse(block)) continue;
    replace(block, html);
    shown.set(block.id, html);
  }
  const moved = fixed?.isConnected ? fixed.getBoundingClientRect().top - before : 0;
  if (moved) scrollBy({ top: moved, behavior: "instant" });
}

function tell(fresh) {
  const drawn = document.getElementById("drawn");
  const note = document.getElementById("renewal");
  if (!drawn || !note) return;
  const renewed = fresh?.getElementById("drawn");
  if (renewed) drawn.replaceWith(document.importNode(renewed, true));
  note.hidden = false;
  note.textContent = renewed ? "dan memperbarui diri sendiri."
    : "Pembaruan tidak berhasil; yang tampak adalah keadaan pukul itu.";
}

function wait() {
  const note = document.getElementById("renewal");
  note.hidden = false;
  note.textContent = "Pembaruan menunggu selama ada yang ditekan atau ditandai.";
}

async function renew() {
  if (busy()) return wait();
  const answer = await fetch(location.href, {
    headers: { "X-Live": "1" }, redirect: "manual", signal: AbortSignal.timeout(10000),
  });
  if (answer.type === "opaqueredirect") location.assign("/login");
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (!fresh.getElementById("drawn")) throw new Error("no page");
  if (blocks().some((block) => !fresh.getElementById(block.id))) {
    if (answer.ok && !blocks().some(inUse)) location.reload(); // from an error back to the page
    throw new Error("another page");
  }
  if (busy()) return wait();
  take(fresh);
  tell(fresh);
}

function renewLater() {
  setTimeout(() => renew().catch(() => tell(null)).finally(renewLater), seconds * 1000);
}

if (seconds) renewLater();

document.addEventListener("click", (event) => {
  const id = event.target.dataset.copy;
  if (!id) return;
  const field = document.createElement("textarea");
  field.value = id;
  document.body.append(field);
  field.select();
  event.target.removeAttribute("aria-label");
  event.target.textContent = document.execCommand("copy") ? "Tersalin" : "Salin gagal";
  field.remove();
});
