// A card that is replaced while it holds the focus gives it to the new card's menu, or to the card's heading.
(() => {
  "use strict";
  let waiting = "";

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const card = detail.target.closest?.(".account-card");
    waiting = card?.contains(document.activeElement) && card === detail.target ? card.id : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!waiting || document.activeElement !== document.body) return;
    document.querySelector(`#${waiting} summary`)?.focus();
    waiting = "";
  });
})();
