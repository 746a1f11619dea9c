// The composer: choices that exclude each other (TikTok's rules), the texts' lengths, the preview, the bar. Parts of the
// page are replaced when another kind of post is chosen, so nothing here keeps an element of them.
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
    if (!one("[data-disclosure]")) return false; // this kind of post has none
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
    show(one("[data-consent-plain]"), !paid.checked); // missing while nothing can be published
    show(one("[data-consent-branded]"), paid.checked);
    return on && !organic.checked && !paid.checked;
  }

  const words = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  });

  // The time as it was typed, with its zone.
  function whenText(later, time) {
    const { now, noTime } = one("[data-when-text]").dataset;
    if (!later) return now;
    return time ? `${words.format(new Date(time))} (${field("timezone").value.split("/").pop().replaceAll("_", " ")})` : noTime;
  }

  function refresh() {
    askBeforeDiscarding();
    const undecided = disclosure();
    const later = field("when").value === "later";
    const time = field("publish_at");
    show(time.closest(".field"), later);
    show(one("[data-quick-times]"), later);
    show(field("timezone").closest(".field"), later);
    time.required = later;
    show(one("[data-time-missing]"), later && !time.value && !time.closest(".field").querySelector(".errorlist:not([hidden])"));
    one("[data-when-text]").textContent = whenText(later, time.value);
    const publish = one("[data-publish]");
    if (!publish) return;
    publish.textContent = later ? publish.dataset.later : publish.dataset.now;
    const isChecking = one("input[name=media]:checked")?.dataset.state === "checking" || one("[data-strip] [data-state=checking]");
    const reason = undecided ? publish.dataset.need : isChecking ? publish.dataset.checking : "";
    publish.disabled = Boolean(reason);
    publish.title = reason;
    const why = one("[data-publish-note]");
    why.textContent = reason;
    show(why, Boolean(reason));
  }

  function count() {
    for (const counter of page.querySelectorAll("[data-counter-for]")) {
      const text = field(counter.dataset.counterFor);
      const left = Number(counter.dataset.limit) - text.value.length; // UTF-16 units, as TikTok counts
      counter.textContent = String(left);
      counter.classList.toggle("text-bad", left < 0);
      text.setCustomValidity(left < 0 ? counter.dataset.tooLong : "");
    }
    for (const shown of page.querySelectorAll("[data-preview-of]")) {
      const text = field(shown.dataset.previewOf);
      shown.textContent = text && text.type !== "hidden" ? text.value : "";
    }
  }

  function preview() {
    if (!one("[data-preview-video]")) return; // photos: the server makes their preview
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

  // The card of a video that is being checked is replaced: it stays chosen, or not, as it is at that moment.
  function keepChoice(event) {
    const old = event.target.closest?.(".pick")?.querySelector("input");
    if (!old || !event.detail.xhr?.responseText) return;
    const box = document.createElement("template");
    box.innerHTML = event.detail.serverResponse;
    const fresh = box.content.querySelector("input");
    fresh.toggleAttribute("checked", old.checked && !fresh.disabled);
    event.detail.serverResponse = box.innerHTML;
  }

  // What was uploaded joins the choices, or the strip of photos, one after another in the order of the uploads.
  let adding = Promise.resolve();
  function added({ detail: media }) {
    const isPhotos = Boolean(document.getElementById("photos"));
    const other = one("[data-other-kind]");
    show(other, isPhotos !== (media.kind === "photo"));
    if (!other.hidden) other.textContent = other.dataset[media.kind];
    else adding = adding.then(() => (isPhotos ? arrange({ add: media.id }) : addVideo(media.id)));
  }

  async function addVideo(id) {
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

  // The strip as the server makes it of its present order.
  async function arrange(values) {
    const box = document.getElementById("id_photos");
    await window.htmx.ajax("POST", box.dataset.photosUrl, { source: box, target: "#photos", swap: "outerHTML", values });
  }

  // Dragging moves the photo in the page; the server numbers them when it is dropped.
  let dragged = null;
  function startDrag(event) {
    const handle = event.target.closest?.("[data-drag]");
    if (!handle || event.button !== 0 || event.pointerType === "touch") return;
    event.preventDefault();
    dragged = handle.closest("[data-photo]");
    dragged.classList.add("is-dragged");
  }
  function drag(event) {
    const over = dragged && document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-photo]");
    if (!over || over === dragged) return;
    const all = [...over.parentElement.children];
    if (all.indexOf(dragged) < all.indexOf(over)) over.after(dragged);
    else over.before(dragged);
  }
  function drop() {
    if (!dragged) return;
    const id = dragged.dataset.photo;
    dragged.classList.remove("is-dragged");
    dragged = null;
    markUnsaved();
    adding = adding.then(() => arrange({ dropped: id }));
  }

  // After going back, a form that is sent again keeps its key, so that it stays one post.
  function keepKey() {
    const kept = history.state?.submitKey;
    if (kept) field("submit_key").value = kept;
    else history.replaceState({ ...history.state, submitKey: field("submit_key").value }, "");
  }

  // Another account: what has been written goes along. This page stays as it is for the way back.
  function changeAccount(event) {
    event.preventDefault();
    const value = account.value;
    const other = Object.assign(document.createElement("button"), { name: "other", value, hidden: true });
    form.append(other);
    form.requestSubmit(other);
    other.remove();
  }

  function keepAccount() {
    if (account) account.value = field("to").value; // going back, the browser would show the one chosen last
  }

  // Leaving asks first while something is not saved.
  let isUnsaved = false;
  function markUnsaved() {
    isUnsaved = true;
    askBeforeDiscarding();
  }
  function askBeforeDiscarding() {
    const discard = one("[data-discard]");
    if (isUnsaved) discard.dataset.confirm = discard.dataset.question;
  }
  if ("unsaved" in page.dataset) markUnsaved();
  const note = (event) => event.target.closest("[data-upload]") || markUnsaved(); // what is uploaded is kept
  page.addEventListener("confirmed", () => { isUnsaved = false; });
  for (const type of ["input", "change"]) page.addEventListener(type, note);
  form.addEventListener("submit", () => { isUnsaved = false; });
  window.addEventListener("beforeunload", (event) => isUnsaved && event.preventDefault());

  if (account) account.form.addEventListener("submit", changeAccount);

  page.addEventListener("change", () => { refresh(); preview(); });
  page.addEventListener("input", (event) => {
    if (event.target.name === "publish_at") refresh();
    if (event.target.matches("textarea, [type=text]")) count();
  });
  document.addEventListener("media:uploaded", added);
  page.addEventListener("pointerdown", startDrag);
  window.addEventListener("pointermove", drag);
  for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, drop);
  page.addEventListener("htmx:beforeSwap", keepChoice);
  const redraw = () => { refresh(); count(); preview(); };
  for (const type of ["htmx:load", "htmx:oobAfterSwap"]) document.addEventListener(type, () => window.setTimeout(redraw));
  page.addEventListener("click", (event) => event.target.closest("[data-photo] button, .pick-add") && markUnsaved());
  window.addEventListener("pageshow", () => { keepKey(); keepAccount(); redraw(); });
  keepKey();
  redraw();
})();
