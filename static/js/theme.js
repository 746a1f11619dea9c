// Apply the chosen theme and the rail's width before the first paint: a blocking script in <head>, not a module.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const read = (key) => {
    try {
      return window.localStorage.getItem(key);
    } catch {
      return null; // storage is switched off; the page works without it
    }
  };
  const write = (key, value) => {
    try {
      window.localStorage.setItem(key, value);
    } catch {
      return;
    }
  };

  const choice = () => (["light", "dark"].includes(read("theme")) ? read("theme") : "auto");

  const apply = () => {
    const chosen = choice();
    root.dataset.bsTheme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
    }
  };

  root.classList.add("js");
  root.classList.toggle("rail-collapsed", read("rail") === "collapsed");
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    write("theme", button.dataset.themeChoice);
    apply();
  });
  window.clipdeskStore = { read, write };
})();
