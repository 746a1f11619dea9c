// Copy buttons: data-copy="the text", or data-copy-from="id" of an input or element. The button then reads "Copied".
async function put(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea"); // over plain HTTP there is no clipboard object
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("copy refused");
}

function wanted(button) {
  if (button.dataset.copyFrom) {
    const source = document.getElementById(button.dataset.copyFrom);
    return source?.value ?? source?.textContent.trim() ?? "";
  }
  return button.dataset.copy;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const label = button.querySelector("[data-copy-label]") ?? button;
  const before = label.textContent;
  try {
    await put(wanted(button));
    label.textContent = button.dataset.copied;
  } catch {
    document.getElementById(button.dataset.copyFrom ?? "")?.select?.();
    label.textContent = button.dataset.copyFailed;
  }
  window.setTimeout(() => {
    label.textContent = before;
  }, 2000);
});
