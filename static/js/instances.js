// The instance switcher: what is typed filters the list, arrow keys walk through it, Enter opens the first that is left.
import { stepOf, walk } from "./walk.js";

function start(panel) {
  const details = panel.closest("details");
  const search = panel.querySelector("[data-instances-search]");
  const none = panel.querySelector("[data-instances-none]");
  const all = panel.querySelector("[data-instances-all]");
  const shown = () => [...panel.querySelectorAll("#instances-switch a")].filter((link) => !link.parentElement.hidden);

  function filter() {
    const words = (search?.value ?? "").toLowerCase().split(/\s+/);
    for (const item of panel.querySelectorAll("#instances-switch li")) {
      const name = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => name.includes(word));
    }
    none.hidden = shown().length > 0;
  }

  details.addEventListener("toggle", (event) => event.target.open && search?.focus());
  search?.addEventListener("input", filter);
  panel.addEventListener("htmx:afterSwap", () => {
    filter();
    // The focused instance may have left the list; htmx keeps the focus on one that is still there.
    if (details.open && document.activeElement === document.body) (search ?? shown()[0] ?? all).focus();
    document.activeElement.closest("#instances-switch a")?.scrollIntoView({ block: "nearest" });
  });
  details.addEventListener("keydown", (event) => {
    const step = stepOf(event);
    if (step && details.open) {
      event.preventDefault();
      walk([search, ...shown(), all].filter(Boolean), step);
    }
    if (event.key === "Enter" && event.target === search) {
      event.preventDefault();
      shown()[0]?.click();
    }
  });
}

const panel = document.querySelector("[data-instances]");
if (panel) start(panel);
