// A card that is replaced while it holds the focus gives it to the new card's menu, or to the card's heading.
(() => {
  "use strict";
  let waiting = "";

  // Other parts of the page may be swapped at the same moment: they must not forget the card's wish.
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    if (target.matches?.(".account-card") && target.contains(document.activeElement)) waiting = target.id;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const card = document.getElementById(waiting);
    waiting = "";
    if (document.activeElement === document.body) card?.querySelector("summary")?.focus();
  });
})();
