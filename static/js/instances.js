// The instance switcher: what is typed filters the list, arrow keys walk through it, Enter opens the first that is left.
(() => {
  "use strict";
  const panel = document.querySelector("[data-instances]");
  if (!panel) return;
  const search = panel.querySelector("[data-instances-search]");
  const none = panel.querySelector("[data-instances-none]");
  const shown = () => [...panel.querySelectorAll("#instances-switch a")].filter((link) => !link.parentElement.hidden);

  function filter() {
    const words = (search?.value ?? "").toLowerCase().split(/\s+/);
    for (const item of panel.querySelectorAll("#instances-switch li")) {
      const name = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => name.includes(word));
    }
    none.hidden = shown().length > 0;
  }

  function move(step) {
    const stops = [search, ...shown(), panel.querySelector("[data-instances-all]")].filter(Boolean);
    const at = stops.indexOf(document.activeElement);
    stops[at < 0 ? 0 : Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  }

  panel.closest("details").addEventListener("toggle", (event) => event.target.open && search?.focus());
  search?.addEventListener("input", filter);
  panel.addEventListener("htmx:afterSwap", filter);
  panel.closest("details").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && panel.closest("details").open) {
      event.preventDefault();
      move(step);
    }
    if (event.key === "Enter" && event.target === search) {
      event.preventDefault();
      shown()[0]?.click();
    }
  });
})();
