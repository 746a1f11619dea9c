// Dialogs of the frame: a click beside the dialog or on its [data-dialog-close] closes it.
document.addEventListener("click", (event) => {
  const dialog = event.target.closest?.("dialog");
  if (dialog && (event.target === dialog || event.target.closest("[data-dialog-close]"))) dialog.close();
});
