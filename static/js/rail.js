// The left rail: a drawer on narrow screens, collapsible on wide ones; menus that close; a list that filters.
(() => {
  "use strict";
  const root = document.documentElement;
  const rail = document.getElementById("rail");

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
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
  rail.addEventListener("input", (event) => {
    const search = event.target.closest("[data-filter-list]");
    if (!search) return;
    const wanted = search.value.trim().toLocaleLowerCase();
    for (const item of document.querySelectorAll(`#${search.dataset.filterList} > li`)) {
      item.hidden = !item.textContent.toLocaleLowerCase().includes(wanted);
    }
  });
  showCollapsed();
})();
