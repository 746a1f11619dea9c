// The left rail: a drawer on narrow screens, collapsible on wide ones.
const root = document.documentElement;
const narrow = window.matchMedia("(max-width: 991.98px)");

// A notification may be about an account. Every part that shows accounts reloads together with the toast and the bell.
function followBell(bell) {
  let unread = Number(bell.dataset.unread);
  const spread = () => document.body.dispatchEvent(new CustomEvent("accounts-changed", { detail: { elsewhere: true } }));
  bell.addEventListener("unread", ({ detail: { count } }) => {
    if (Number(count) !== unread) spread();
    unread = Number(count);
  });
  bell.addEventListener("toast", spread);
}

function start(rail) {
  const opener = document.querySelector("[data-rail-open]");
  const behind = document.querySelector("[data-rail-behind]");
  const isDrawerOpen = () => root.classList.contains("rail-open");

  function drawer(open) {
    root.classList.toggle("rail-open", open);
    opener?.setAttribute("aria-expanded", String(open));
    if (behind) behind.inert = open;
    (open ? rail.querySelector("[data-rail-close]") : opener)?.focus();
  }

  function showCollapsed() {
    const collapsed = root.classList.contains("rail-collapsed");
    for (const button of rail.querySelectorAll("[data-rail-toggle]")) {
      button.setAttribute("aria-expanded", String(!collapsed));
    }
    // Without labels, each entry shows its name on hover.
    for (const label of rail.querySelectorAll(".rail-link > .rail-label")) {
      if (collapsed) label.parentElement.title = label.textContent.trim();
      else label.parentElement.removeAttribute("title");
    }
  }

  function toggleWidth() {
    const collapsed = root.classList.toggle("rail-collapsed");
    window.clipdeskStore.write("rail", collapsed ? "collapsed" : "open");
    showCollapsed();
  }

  opener?.addEventListener("click", () => drawer(true));
  document.querySelector("[data-rail-backdrop]")?.addEventListener("click", () => drawer(false));
  narrow.addEventListener("change", () => isDrawerOpen() && drawer(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && isDrawerOpen() && drawer(false));
  rail.addEventListener("click", (event) => {
    if (event.target.closest("[data-rail-close]")) drawer(false);
    if (event.target.closest("[data-rail-toggle]")) toggleWidth();
  });
  document.addEventListener("htmx:load", (event) => rail.contains(event.detail.elt) && showCollapsed());
  showCollapsed();
}

const rail = document.getElementById("rail");
if (rail) start(rail);
const bell = document.getElementById("bell-poll");
if (bell) followBell(bell);
