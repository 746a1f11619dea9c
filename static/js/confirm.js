// Confirmation dialogs: data-confirm="question" on a form, a submit button, a link or an htmx element, with
// data-confirm-text (what will happen), -action (the button's label) and -tone (bad, the default, or accent).
// Confirming sets the form's inputs with data-agreed to "yes"; a view that requires confirmation asks when they are not.
// Without JavaScript nothing is intercepted: the server asks, or acts at once.
const pattern = document.getElementById("confirm-pattern");
const agreed = new WeakSet();

function ask(source, proceed) {
  const { confirm: title, confirmText = "", confirmAction, confirmTone = "bad" } = source.dataset;
  const dialog = pattern.content.firstElementChild.cloneNode(true);
  const yes = dialog.querySelector("[data-yes]");
  dialog.querySelector("[data-title]").textContent = title;
  dialog.querySelector("[data-text]").textContent = confirmText;
  dialog.querySelector("[data-mark]").classList.add(`tone-${confirmTone}`);
  yes.classList.add(confirmTone === "bad" ? "btn-danger" : "btn-primary");
  if (confirmAction) yes.textContent = confirmAction;
  const origin = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    (origin?.isConnected ? origin : document.getElementById(origin?.id))?.focus();
    if (dialog.returnValue === "yes") proceed();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

// A live part was swapped while the dialog was open. A detached form cannot be submitted; the server checks it as always.
function rescue(form) {
  form.hidden = true;
  document.body.append(form);
}

const isHtmx = (element) => element.matches("[hx-get],[hx-post],[hx-put],[hx-patch],[hx-delete]");
const asking = (...elements) => elements.find((element) => element?.dataset?.confirm);

document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    const source = asking(submitter, form);
    if (!source || isHtmx(form) || (submitter && isHtmx(submitter))) return;
    if (agreed.delete(form)) return;
    event.preventDefault();
    event.stopPropagation();
    ask(source, () => {
      agreed.add(form);
      form.querySelectorAll("[data-agreed]").forEach((input) => (input.value = "yes"));
      if (!form.isConnected) rescue(form);
      form.requestSubmit(submitter ?? undefined);
    });
  },
  true,
);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-confirm]");
  if (!link || isHtmx(link)) return;
  event.preventDefault();
  ask(link, () => {
    link.dispatchEvent(new CustomEvent("confirmed", { bubbles: true }));
    window.location.assign(link.href);
  });
});
document.addEventListener("htmx:confirm", (event) => {
  const { elt, triggeringEvent, issueRequest } = event.detail;
  const source = asking(triggeringEvent?.submitter, elt);
  if (!source) return;
  event.preventDefault();
  ask(source, () => issueRequest(true));
});
