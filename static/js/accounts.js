// The Accounts page: focus in and after forms inside a card or row, filters that act on a decision, and reloading when a
// notification says that an account has changed.
(() => {
  "use strict";
  let waiting = "";

  // --- focus ---

  const accountOf = (element) => element?.closest?.("[data-account]");

  // Other parts of the page may be swapped at the same moment, so the id is kept until the account is back.
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (target === accountOf(target) && target.contains(document.activeElement)) waiting = target.id;
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const account = document.getElementById(waiting);
    if (account) waiting = "";
    if (document.activeElement === document.body) account?.querySelector("summary")?.focus();
    const form = detail.target?.querySelector?.("form[data-inline]");
    if (!form || form.contains(document.activeElement) || !accountOf(form)) return;
    focusFirst(form);
  });

  // A text field gets the focus with its text selected, so that typing replaces it.
  function focusFirst(form) {
    const field = form.querySelector("input[type=checkbox], input[type=text]");
    field?.focus();
    if (field?.type === "text") field.select();
  }
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("[data-inline] input[autofocus]") && !target.dataset.selected) {
      target.dataset.selected = "yes";
      target.select();
    }
  });
  document.addEventListener("keydown", (event) => {
    const form = event.key === "Escape" && event.target.closest?.("form[data-inline]");
    if (!form) return;
    event.preventDefault();
    form.querySelector("[data-inline-cancel]").click();
  });

  // --- filters ---

  // A select acts when a choice is made: by mouse, by Enter, or on leaving it; arrow keys only move within it.
  const ARROWS = new Set(["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown"]);
  let moved = null;
  const pick = (field) => field.dispatchEvent(new CustomEvent("picked", { bubbles: true }));

  function decide(field) {
    if (moved !== field) return;
    moved = null;
    pick(field);
  }

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches?.("select[data-pick]")) return;
    if (ARROWS.has(event.key) || event.key.length === 1) field.dataset.byKey = "yes";
    if (event.key === "Enter") {
      event.preventDefault();
      decide(field);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target.matches?.("select[data-pick]")) delete event.target.dataset.byKey;
  });
  document.addEventListener("change", ({ target: field }) => {
    if (!field.matches("[data-pick]")) return;
    if (field.matches("select") && field.dataset.byKey) moved = field;
    else pick(field);
  });
  document.addEventListener("focusout", ({ target }) => decide(target));

  // --- changes found elsewhere ---

  document.body.addEventListener("accounts-changed", (event) => {
    const list = document.getElementById("accounts");
    if (!event.detail?.elsewhere || !list) return;
    if (list.querySelector("details[open], form[data-inline]")) return; // never under the hands of a person
    list.dataset.quiet = "";
    window.htmx.trigger(list, "refresh");
  });
})();
