// Forms: the error summary gets the focus; a second click while the first is under way does nothing.
(() => {
  "use strict";
  const GIVE_UP_MS = 15000; // a download or a stopped navigation leaves us on the page: let the form go again
  const busy = new Map();

  function release(form) {
    const state = busy.get(form);
    if (!state) return;
    window.clearTimeout(state.timer);
    state.button?.classList.remove("is-busy");
    form.removeAttribute("aria-busy");
    busy.delete(form);
  }

  function hold(form, button) {
    form.setAttribute("aria-busy", "true");
    button?.classList.add("is-busy");
    busy.set(form, { button, timer: window.setTimeout(() => release(form), GIVE_UP_MS) });
  }

  const focusSummary = (root) => root.querySelector("[data-error-summary]")?.focus();

  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (busy.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const leaves = form.method !== "dialog" && !form.target && !form.closest("[hx-boost]");
    if (!event.defaultPrevented && leaves) hold(form, submitter);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (elt.matches("form") && !busy.has(elt)) hold(elt, event.detail.requestConfig?.triggeringEvent?.submitter);
  });
  document.addEventListener("htmx:afterRequest", (event) => release(event.detail.elt));
  document.addEventListener("htmx:load", (event) => focusSummary(event.detail.elt));
  window.addEventListener("pageshow", () => [...busy.keys()].forEach(release)); // back button, page from bfcache
  focusSummary(document);

  // A field that submits its form by itself: <select data-submit-on-change>
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form?.requestSubmit();
  });
})();
