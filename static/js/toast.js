// Toasts: Django's messages when a page opens, and the "toast" event of an HX-Trigger header:
// {"toast": {"level": "good|warn|bad|info", "text": "…"}}; a list of them or a plain string works too.
// They leave after six seconds, errors too (those stay in Notifications), but not while a pointer or the focus is on
// them or the page is hidden. A success removes older errors. They keep clear of the page's primary buttons.
const STAY_MS = 6000;
const PLACES = ["end", "start", "top"];
const box = document.getElementById("toasts");
const pattern = document.getElementById("toast-pattern");
const timers = new Map();
const notes = () => [...box.querySelectorAll(".note")];
const isHeld = () => document.hidden || box.matches(":hover, :focus-within");

function remove(note) {
  window.clearTimeout(timers.get(note));
  timers.delete(note);
  note.remove();
}

// Every toast gets its full time again when the pointer, the focus or the other tab lets go.
function schedule() {
  for (const note of notes()) {
    window.clearTimeout(timers.get(note));
    if (!isHeld()) timers.set(note, window.setTimeout(remove, STAY_MS, note));
  }
}

function overlaps(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

function keepClear() {
  const buttons = [...document.querySelectorAll(".btn-primary")].map((button) => button.getBoundingClientRect());
  const isFree = () => !buttons.some((button) => button.width && overlaps(box.getBoundingClientRect(), button));
  for (const place of PLACES) {
    box.dataset.place = place;
    if (isFree()) return;
  }
  box.dataset.place = PLACES[0];
}

function show({ text, level = "info" }) {
  const known = pattern.content.querySelector(`[data-level="${level}"]`);
  const note = (known ?? pattern.content.querySelector('[data-level="info"]')).cloneNode(true);
  note.querySelector("[data-text]").textContent = text;
  if (level === "good") notes().filter((old) => old.dataset.level === "bad").forEach(remove);
  if (level === "bad") box.prepend(note); // its own role announces it
  else box.querySelector(":scope > [role=status]").append(note);
  keepClear();
  schedule();
}

box.addEventListener("click", (event) => {
  const note = event.target.closest("[data-toast-close]")?.closest(".note");
  if (note) remove(note);
});
for (const type of ["mouseenter", "mouseleave", "focusin", "focusout"]) {
  box.addEventListener(type, () => window.setTimeout(schedule)); // after the state has changed
}
document.addEventListener("visibilitychange", schedule);
window.addEventListener("resize", keepClear);
window.addEventListener("scroll", () => notes().length && keepClear(), { passive: true });
document.body.addEventListener("toast", (event) => {
  const { elt: _source, ...payload } = event.detail ?? {};
  const content = payload.value ?? payload;
  for (const toast of Array.isArray(content) ? content : [content]) {
    show(typeof toast === "string" ? { text: toast } : toast);
  }
});
keepClear();
schedule();
