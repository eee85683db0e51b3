// Renews what changes by itself, and copies group ids. Without it the page works when reloaded.
"use strict";

const live = document.getElementById("live");

async function renew() {
  const open = live.querySelector("details[open]");
  if (open || document.hidden) return;
  const answer = await fetch("/live", { redirect: "manual" });
  if (answer.type === "opaqueredirect") location.assign("/login");
  else if (answer.ok) live.innerHTML = await answer.text();
}

if (live) setInterval(() => renew().catch(() => {}), 2000);

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
