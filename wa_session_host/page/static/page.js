// Renews what changes by itself, and copies group ids. Without it the page works when reloaded.
"use strict";

const live = document.getElementById("live");

// Somebody reads, presses or is about to: nothing may move or vanish under the hand.
function inUse() {
  return document.hidden || live.matches(":active")
    || live.querySelector("details[open], form:focus-within");
}

async function renew() {
  if (inUse()) return;
  const answer = await fetch("/live", { redirect: "manual", signal: AbortSignal.timeout(10000) });
  if (answer.type === "opaqueredirect") location.assign("/login");
  if (!answer.ok) return;
  const text = await answer.text();
  if (!inUse()) live.innerHTML = text;
}

function renewLater() {
  setTimeout(() => renew().catch(() => {}).finally(renewLater), 2000);
}

if (live) renewLater();

document.addEventListener("click", (event) => {
  const id = event.target.dataset.copy;
  if (!id) return;
  const field = document.createElement("textarea");
  field.value = id;
  document.body.append(field);
  field.select();
  event.target.textContent = document.execCommand("copy") ? "Tersalin" : "Salin gagal";
  field.remove();
});
