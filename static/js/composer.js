// The composer: what one choice forbids in another (TikTok's rules), the caption's length, the preview, the button's word.
(() => {
  "use strict";
  const form = document.getElementById("composer");
  const page = document.querySelector("[data-composer]");
  if (!form || !page) return;
  const one = (selector) => page.querySelector(selector);
  const field = (name) => form.elements.namedItem(name);
  const account = document.querySelector("[data-account-form] [name=to]");
  const show = (element, visible) => element && (element.hidden = !visible);

  function disclosure() {
    const on = field("disclose").checked;
    const organic = field("brand_organic");
    const paid = field("brand_content");
    const isPrivate = ["SELF_ONLY", "FOLLOWER_OF_CREATOR"].includes(field("privacy_level").value);
    show(one("[data-disclosure]"), on);
    if (!on) organic.checked = paid.checked = false;
    if (isPrivate) paid.checked = false;
    paid.disabled = isPrivate;
    paid.title = isPrivate ? one("[data-private-note]").textContent : "";
    show(one("[data-branded-note]"), on && isPrivate);
    for (const option of field("privacy_level").options ?? []) { // hidden while TikTok's offer is not known
      const closed = ["SELF_ONLY", "FOLLOWER_OF_CREATOR"].includes(option.value);
      option.disabled = closed && paid.checked;
      option.title = option.disabled ? one("[data-private-note]").textContent : "";
    }
    show(one("[data-private-note]"), paid.checked);
    const note = one("[data-label-note]");
    note.textContent = paid.checked ? note.dataset.paid : note.dataset.organic;
    show(note, paid.checked || organic.checked);
    show(one("[data-consent-plain]"), !paid.checked);
    show(one("[data-consent-branded]"), paid.checked);
    return on && !organic.checked && !paid.checked;
  }

  function refresh() {
    const undecided = disclosure();
    const later = field("when").value === "later";
    const time = field("publish_at");
    show(time.closest(".field"), later);
    show(field("timezone").closest(".field"), later);
    const publish = one("[data-publish]");
    if (!publish) return;
    publish.textContent = later ? publish.dataset.later : publish.dataset.now;
    const isChecking = one("input[name=media]:checked")?.dataset.state === "checking";
    const reason = undecided ? publish.dataset.need : isChecking ? publish.dataset.checking : "";
    publish.disabled = Boolean(reason);
    publish.title = reason;
    const why = one("[data-publish-note]");
    why.textContent = reason;
    show(why, Boolean(reason));
  }

  function count() {
    const counter = one("[data-counter-for]");
    const left = Number(counter.dataset.limit) - field("caption").value.length; // UTF-16 units, as TikTok counts
    counter.textContent = String(left);
    counter.classList.toggle("text-bad", left < 0);
    one("[data-preview-caption]").textContent = field("caption").value;
  }

  function preview() {
    const chosen = one("input[name=media]:checked");
    const isReady = chosen?.dataset.state === "ready";
    const player = one("[data-preview-video]");
    const video = player.querySelector("video");
    const empty = one("[data-preview-empty]");
    show(player, isReady);
    show(empty, !isReady);
    empty.textContent = chosen ? empty.dataset.checking : empty.dataset.choose;
    if (!isReady || video.getAttribute("src") === chosen.dataset.src) return;
    video.poster = chosen.dataset.poster ?? "";
    video.src = chosen.dataset.src;
  }

  // A video that is being checked asks for itself again: it stays chosen, or not, as it is when the answer comes.
  function keepChoice(event) {
    const old = event.target.closest?.(".pick")?.querySelector("input");
    if (!old || !event.detail.xhr?.responseText) return;
    const box = document.createElement("template");
    box.innerHTML = event.detail.serverResponse;
    const fresh = box.content.querySelector("input");
    fresh.toggleAttribute("checked", old.checked && !fresh.disabled);
    event.detail.serverResponse = box.innerHTML;
  }

  async function add(id) {
    const choices = document.getElementById("media-choices");
    const answer = await fetch(choices.dataset.cardUrl.replace("00000000-0000-0000-0000-000000000000", id), { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const box = document.createElement("template");
    box.innerHTML = await answer.text();
    choices.prepend(box.content);
    window.htmx?.process(choices.firstElementChild);
    show(one("[data-no-media]"), false);
    refresh();
    preview();
  }

  // Back to a form that was sent, and sent again: its place in the history keeps its key, so it stays one post.
  function keepKey() {
    const kept = history.state?.submitKey;
    if (kept) field("submit_key").value = kept;
    else history.replaceState({ ...history.state, submitKey: field("submit_key").value }, "");
  }

  // Another account: what has been written goes along. This page stays as it is, since somebody may come back to it.
  function changeAccount(event) {
    event.preventDefault();
    const value = account.value;
    const other = Object.assign(document.createElement("button"), { name: "other", value, hidden: true });
    form.append(other);
    form.requestSubmit(other);
    other.remove();
  }

  function keepAccount() {
    if (field("to")) account.value = field("to").value; // going back, the browser would show the one chosen last
  }

  // Leaving asks first while there is something that nobody has saved.
  let isUnsaved = "unsaved" in page.dataset;
  const note = (event) => { isUnsaved ||= !event.target.closest("[data-upload]"); }; // what is uploaded is kept
  for (const type of ["input", "change"]) page.addEventListener(type, note);
  form.addEventListener("submit", () => { isUnsaved = false; });
  window.addEventListener("beforeunload", (event) => isUnsaved && event.preventDefault());

  if (field("to")) account.form.addEventListener("submit", changeAccount);

  page.addEventListener("change", () => { refresh(); preview(); });
  field("caption").addEventListener("input", count);
  document.addEventListener("media:uploaded", (event) => add(event.detail.id));
  const choices = document.getElementById("media-choices");
  choices.addEventListener("htmx:beforeSwap", keepChoice);
  choices.addEventListener("htmx:load", () => window.setTimeout(() => { refresh(); preview(); }));
  window.addEventListener("pageshow", () => { keepKey(); keepAccount(); refresh(); count(); preview(); });
  keepKey();
  refresh();
  count();
  preview();
})();
