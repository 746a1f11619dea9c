// The command palette (Ctrl-K or ⌘-K): arrow keys move through what was found, Enter in the search opens the first.
import { stepOf, walk } from "./walk.js";

const dialog = document.getElementById("palette");
const search = dialog?.querySelector("input");
const links = () => [...dialog.querySelectorAll("[data-palette-list] a")];

export function openPalette() {
  if (!dialog) return;
  search.value = "";
  dialog.showModal();
  window.htmx.trigger(search, "look");
  search.focus();
}

dialog?.addEventListener("keydown", (event) => {
  const step = stepOf(event);
  const isEnter = event.key === "Enter" && event.target === search;
  if (step || isEnter) event.preventDefault();
  if (step) walk([search, ...links()], step);
  if (isEnter) openFirst();
});

// Typing and Enter may be quicker than the answer: the first hit of what was typed is opened when it is there.
function openFirst() {
  if (!search.closest(".htmx-request") && search.value === shownFor) links()[0]?.click();
  else isWanted = true;
}

let shownFor = "";
let isWanted = false;
dialog?.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful) return;
  shownFor = detail.requestConfig.parameters.get?.("q") ?? detail.requestConfig.parameters.q ?? "";
  if (isWanted && shownFor === search.value) links()[0]?.click();
});
search?.addEventListener("input", () => {
  isWanted = false;
});
