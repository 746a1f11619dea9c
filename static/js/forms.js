// Forms: the error summary gets the focus, errors go when their field is right, and a form is sent once at a time.
(() => {
  "use strict";
  const GIVE_UP_MS = 15000; // a download or a stopped navigation stays on the page: release the form
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

  // A suggested value fills its field, as if it had been typed.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-fill]");
    if (!button) return;
    const control = document.getElementById(button.dataset.fill);
    control.value = button.value;
    for (const type of ["input", "change"]) control.dispatchEvent(new Event(type, { bubbles: true }));
  });

  // An error goes once its field differs from what was refused and is valid; it returns with the refused value.
  function isChanged(control) {
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.options) return [...control.options].some((option) => option.selected !== option.defaultSelected);
    return control.value !== control.defaultValue;
  }

  function showErrors(list, control, visible) {
    list.hidden = !visible;
    if (visible) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
    const summary = document.querySelector("[data-error-summary]");
    if (!summary) return;
    const id = list.id.replace(/_error$/, "");
    for (const link of summary.querySelectorAll(`a[href="#${id}"]`)) link.closest("li").hidden = !visible;
    const items = [...summary.querySelectorAll("li")];
    summary.hidden = items.length > 0 && items.every((item) => item.hidden);
  }

  for (const type of ["input", "change"]) {
    document.addEventListener(type, ({ target: control }) => {
      const list = control.closest?.(".field")?.querySelector(".errorlist");
      if (list) showErrors(list, control, !(isChanged(control) && control.checkValidity()));
    });
  }

  // <select data-act-on-choice> sends its form when a choice is made by pointer, by Enter, or by leaving the field; the
  // arrow keys alone do nothing (WCAG 3.2.2). The next page gives the focus back to it.
  const KEPT_FOCUS = "clipdesk-focus";
  const byKey = new WeakSet();
  const pending = new WeakSet();
  const selectOf = (event) => event.target.closest?.("select[data-act-on-choice]");

  function act(select, keepsFocus) {
    pending.delete(select);
    if (keepsFocus && select.id) sessionStorage.setItem(KEPT_FOCUS, select.id);
    select.form?.requestSubmit();
  }

  document.addEventListener("keydown", (event) => {
    const select = selectOf(event);
    if (!select) return;
    if (event.key === "Enter" && pending.has(select)) {
      event.preventDefault();
      act(select, true);
    } else {
      byKey.add(select);
    }
  });
  document.addEventListener("pointerdown", (event) => byKey.delete(selectOf(event)));
  document.addEventListener("change", (event) => {
    const select = selectOf(event);
    if (!select) return;
    if (byKey.has(select)) pending.add(select);
    else act(select, true);
  });
  document.addEventListener("focusout", (event) => {
    const select = selectOf(event);
    if (select && pending.has(select)) act(select, false);
  });
  const kept = sessionStorage.getItem(KEPT_FOCUS);
  if (kept) {
    sessionStorage.removeItem(KEPT_FOCUS);
    document.getElementById(kept)?.focus();
  }
})();
