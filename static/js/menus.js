// Menus (<details class="menu">) close on a click elsewhere, on Escape and after a choice.
const openMenu = () => document.querySelector("details.menu[open]");

function close(menu) {
  menu.open = false;
  menu.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
// A choice may replace the part that the menu belongs to: close the menu and focus its summary, which can be found again.
document.addEventListener("click", (event) => {
  const menu = event.target.closest(".menu-panel [hx-get], .menu-panel [hx-post]")?.closest("details.menu");
  if (menu) close(menu);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !openMenu()) return;
  close(openMenu());
  event.stopImmediatePropagation();
});
