// The left rail: a drawer on narrow screens, collapsible on wide ones; menus that close.
(() => {
  "use strict";
  const root = document.documentElement;
  const rail = document.getElementById("rail");

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  // What is chosen in a menu may replace what the menu stands in: close it and leave the focus where it can be found again.
  document.addEventListener("click", (event) => {
    const menu = event.target.closest(".menu-panel [hx-get], .menu-panel [hx-post]")?.closest("details.menu");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (root.classList.contains("rail-open")) {
      drawer(false);
    }
  });

  if (!rail) return;
  const narrow = window.matchMedia("(max-width: 991.98px)");
  const opener = document.querySelector("[data-rail-open]");
  const behind = document.querySelector("[data-rail-behind]");

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
    // With the words hidden, the name of each entry shows on hover.
    for (const label of rail.querySelectorAll(".rail-link > .rail-label")) {
      if (collapsed) label.parentElement.title = label.textContent.trim();
      else label.parentElement.removeAttribute("title");
    }
  }

  opener?.addEventListener("click", () => drawer(true));
  document.querySelector("[data-rail-backdrop]")?.addEventListener("click", () => drawer(false));
  narrow.addEventListener("change", () => root.classList.contains("rail-open") && drawer(false));
  rail.addEventListener("click", (event) => {
    if (event.target.closest("[data-rail-close]")) drawer(false);
    if (event.target.closest("[data-rail-toggle]")) {
      const collapsed = root.classList.toggle("rail-collapsed");
      window.clipdeskStore.write("rail", collapsed ? "collapsed" : "open");
      showCollapsed();
    }
  });
  document.addEventListener("htmx:load", (event) => rail.contains(event.detail.elt) && showCollapsed());
  showCollapsed();
})();
