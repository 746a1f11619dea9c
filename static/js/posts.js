// Home and the list of posts ask for themselves again; not while a menu in them is open or a dialog asks something.
(() => {
  "use strict";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.detail.elt;
    if (part.matches("[data-live]") && (part.querySelector("details.menu[open]") || document.querySelector("dialog[open]"))) {
      event.preventDefault();
    }
  });
})();
