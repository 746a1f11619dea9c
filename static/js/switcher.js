// The account switcher: the rail's link opens a dialog, which loads its list. Arrow keys walk through the accounts found,
// Enter in the search takes the first, Escape closes the dialog and the focus returns. A label filters within the dialog.
import { stepOf, walk } from "./walk.js";

const dialogOf = () => document.getElementById("switcher");
const links = (dialog) => [...dialog.querySelectorAll("[data-switcher-list] a")];

function open(dialog) {
  dialog.showModal();
  const search = dialog.querySelector("input");
  search.value = "";
  dialog.querySelector("#switcher-label").value = "";
  window.htmx.trigger(search, "look");
  search.focus();
}

document.addEventListener("click", (event) => {
  const dialog = dialogOf();
  if (!dialog) return;
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey);
  if (event.target.closest("[data-switcher-open]") && isPlain) {
    event.preventDefault();
    open(dialog);
  }
  const label = event.target.closest("[data-switcher-label]");
  if (label && dialog.contains(label) && isPlain) {
    event.preventDefault();
    dialog.querySelector("#switcher-label").value = label.dataset.switcherLabel;
    window.htmx.trigger(dialog.querySelector("#switcher-search"), "look");
  }
  if (event.target === dialog || event.target.closest("[data-switcher-close]")) dialog.close();
});
document.addEventListener("keydown", (event) => {
  const dialog = dialogOf();
  if (!dialog?.open) return;
  const step = stepOf(event);
  const isEnter = event.key === "Enter" && event.target.matches("input");
  if (step || isEnter) event.preventDefault();
  if (step) walk([dialog.querySelector("input"), ...links(dialog)], step);
  if (isEnter) links(dialog)[0]?.click();
});
