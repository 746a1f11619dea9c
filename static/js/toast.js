// Messages that float in and go: Django's messages on load, and the "toast" event of an HX-Trigger header:
// {"toast": {"level": "good|warn|bad|info", "text": "…"}} (a list of them, or a plain string, works too).
(() => {
  "use strict";
  const box = document.getElementById("toasts");
  const pattern = document.getElementById("toast-pattern");
  if (!box || !pattern) return;
  const STAY_MS = 7000;

  function dismissLater(note) {
    if (note.dataset.level === "bad") return; // an error stays until it has been read
    let timer = window.setTimeout(() => note.remove(), STAY_MS);
    const hold = () => window.clearTimeout(timer);
    const release = () => {
      hold();
      timer = window.setTimeout(() => note.remove(), STAY_MS);
    };
    note.addEventListener("mouseenter", hold);
    note.addEventListener("focusin", hold);
    note.addEventListener("mouseleave", release);
    note.addEventListener("focusout", release);
  }

  function show({ text, level = "info" }) {
    const source = pattern.content.querySelector(`[data-level="${level}"]`) ?? pattern.content.querySelector('[data-level="info"]');
    const note = source.cloneNode(true);
    note.querySelector("[data-text]").textContent = text;
    box.append(note);
    dismissLater(note);
  }

  box.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest(".note").remove());
  document.body.addEventListener("toast", (event) => {
    const { elt: _source, ...payload } = event.detail ?? {};
    const content = payload.value ?? payload;
    for (const toast of Array.isArray(content) ? content : [content]) {
      show(typeof toast === "string" ? { text: toast } : toast);
    }
  });
  box.querySelectorAll(".note").forEach(dismissLater);
})();
