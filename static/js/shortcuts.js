// Keyboard shortcuts, as listed in the dialog #shortcuts: its links are what the keys open. Keys do nothing while a
// person types or a dialog is open. Single keys can be switched off (WCAG 2.1.4); Ctrl-K or ⌘-K then still works.
import { openPalette } from "./palette.js";

const SEQUENCE_MS = 1500;
const STORED = "single-keys";
const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable=false])";
const NO_TEXT = "[type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=range]";
const help = document.getElementById("shortcuts");
const singleKeys = help?.querySelector("[data-single-keys]");
let wentAt = 0;

const isOn = () => window.clipdeskStore.read(STORED) !== "off";
const isTyping = (target) => Boolean(target.closest?.(TYPING)) && !target.matches(NO_TEXT);
const isBusy = (event) => event.defaultPrevented || event.isComposing || event.repeat || document.querySelector("dialog[open]");
const linkFor = (name, key) => [...help.querySelectorAll(`[data-${name}]`)].find((link) => link.dataset[name] === key);

function focusSearch() {
  const search = [...document.querySelectorAll("main input[type=search]")].find((input) => input.checkVisibility());
  if (!search) return openPalette();
  search.focus();
  search.select();
}

function openHelp() {
  singleKeys.checked = isOn();
  help.showModal();
}

function press(key) {
  const isSequence = Date.now() - wentAt < SEQUENCE_MS;
  wentAt = 0;
  const link = isSequence ? linkFor("go", key) : linkFor("key", key);
  if (link) link.click();
  else if (isSequence) return false;
  else if (key === "g") wentAt = Date.now();
  else if (key === "/") focusSearch();
  else if (key === "?") openHelp();
  else return false;
  return true;
}

function listen() {
  document.addEventListener("keydown", (event) => {
    if (isBusy(event) || isTyping(event.target)) return;
    const isPalette = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
    if (isPalette) openPalette();
    if (isPalette || (!event.ctrlKey && !event.metaKey && !event.altKey && isOn() && press(event.key))) event.preventDefault();
  });
  singleKeys.addEventListener("change", () => window.clipdeskStore.write(STORED, singleKeys.checked ? "on" : "off"));
  document.addEventListener("click", (event) => event.target.closest("[data-shortcuts-open]") && openHelp());
  if (/Mac|iPhone|iPad/.test(navigator.platform)) help.querySelector("[data-mod]").textContent = "⌘";
}

if (help) listen();
