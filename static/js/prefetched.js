// A page may have been prefetched when its link was pressed (core/web/speculation.py). If the press was abandoned and
// the link is clicked later, the page would be as old as that press: load it again.
const KEY = "prefetched-at";
const FRESH_MS = 2000;
const pressedAt = new Map();
const linkOf = (event) => event.target.closest?.("a[href]");

function remember(at) {
  try {
    window.sessionStorage.setItem(KEY, String(at));
  } catch {
    return; // storage is switched off
  }
}

function recall() {
  try {
    const at = Number(window.sessionStorage.getItem(KEY));
    window.sessionStorage.removeItem(KEY);
    return at;
  } catch {
    return 0;
  }
}

document.addEventListener("pointerdown", (event) => {
  const link = linkOf(event);
  if (link && !pressedAt.has(link.href)) pressedAt.set(link.href, Date.now());
});
document.addEventListener("click", (event) => {
  const link = linkOf(event);
  if (link) remember(pressedAt.get(link.href) ?? Date.now());
});

const at = recall();
const [navigation] = performance.getEntriesByType("navigation");
const wasPrefetched = navigation?.deliveryType === "navigational-prefetch";
if (wasPrefetched && at && Date.now() - at > FRESH_MS) window.location.reload();
