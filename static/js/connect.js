// Connect an account: TikTok opens in a small window or, if windows are blocked, in this one. The window sends the outcome
// through a BroadcastChannel, and the list is reloaded too. Several may be open at once: each attempt has an id, which its
// window finds in its copy of our sessionStorage and sends with the outcome.
(() => {
  "use strict";
  const pattern = document.querySelector("[data-connect-wait]");
  if (!pattern) return;
  const CHANNEL = "clipdesk-connect";
  const MARK = "clipdesk-popup";
  const TICK_MS = 500;
  const REFRESH_MS = 3000;
  const SEND_MS = 20000;
  const GIVE_UP_MS = 600000; // an attempt is valid for ten minutes
  const DOUBLE_CLICK_MS = 1000;
  const GONE_MS = 1500; // the outcome may be on its way while the window closes
  const GOOD = new Map([
    ["linked", "good"],
    ["updated", "good"],
    ["reconnected", "good"],
    ["fewer_scopes", "warn"],
  ]);
  const words = pattern.dataset;
  const attempts = new Map(); // also those that are over: their window may still have something to say
  let timer = 0;
  let refreshedAt = 0;

  function refresh() {
    refreshedAt = Date.now();
    const list = document.getElementById("accounts");
    if (!list) return;
    list.dataset.quiet = ""; // not requested by the person, so without a loading sign
    window.htmx.trigger(list, "refresh");
  }

  const waiting = () => [...attempts.values()].filter((attempt) => attempt.state === "waiting");

  // --- what is said while we wait ---

  function rowOf(attempt) {
    if (attempt.row) return attempt.row;
    const row = pattern.content.firstElementChild.cloneNode(true);
    row.addEventListener("click", (event) => {
      const act = event.target.closest("[data-wait-act]")?.dataset.waitAct;
      if (act === "cancel") say(attempt, "cancelled");
      else if (act) end(attempt);
      if (act === "again") begin(attempt.form, attempt.data);
    });
    document.querySelector("[data-connect-waits]").append(row);
    attempt.row = row;
    return row;
  }

  function say(attempt, state, text = words[state]) {
    attempt.state = state;
    const row = rowOf(attempt);
    row.dataset.state = state;
    row.classList.toggle("tone-accent", state === "waiting");
    row.classList.toggle("tone-warn", state !== "waiting");
    const name = attempt.data.get("name");
    row.querySelector("[data-wait-text]").textContent = name ? `${name}: ${text}` : text;
    for (const button of row.querySelectorAll("[data-wait-act]")) {
      button.hidden = (button.dataset.waitFor === "waiting") !== (state === "waiting");
    }
    watch();
  }

  function end(attempt) {
    attempt.state = "over";
    if (attempt.row?.contains(document.activeElement)) document.querySelector("[data-connect] [type=submit]")?.focus();
    attempt.row?.remove();
    attempt.row = null;
    watch();
  }

  function watch() {
    const isNeeded = waiting().length > 0;
    if (isNeeded && !timer) {
      refreshedAt = Date.now();
      timer = window.setInterval(tick, TICK_MS);
    }
    if (!isNeeded) timer = void window.clearInterval(timer);
  }

  // A window that TikTok's headers part from us looks closed as well: then we only know that it is not in front.
  function isGone(attempt) {
    const seemsGone = attempt.opened.closed && document.hasFocus();
    attempt.goneAt = seemsGone ? attempt.goneAt || Date.now() : 0;
    return seemsGone && Date.now() - attempt.goneAt > GONE_MS;
  }

  function tick() {
    for (const attempt of waiting()) {
      if (Date.now() > attempt.until) say(attempt, "late");
      else if (isGone(attempt)) say(attempt, "closed");
    }
    const signsIn = waiting().some((attempt) => attempt.signsIn); // the list would lead this page away to do that
    const isInUse = document.querySelector("#accounts details[open]");
    if (timer && !signsIn && !isInUse && !document.hidden && Date.now() - refreshedAt > REFRESH_MS) refresh();
  }

  // --- the window ---

  function openWindow(id) {
    const left = Math.max(0, window.screenX + (window.outerWidth - 520) / 2);
    const top = Math.max(0, window.screenY + 60);
    const features = `popup,width=520,height=720,left=${left},top=${top}`;
    try {
      window.sessionStorage.setItem(MARK, id); // the new window starts with a copy of it
      const opened = window.open("", "_blank", features);
      window.sessionStorage.removeItem(MARK);
      return opened;
    } catch {
      return window.open("", "_blank", features); // storage is switched off
    }
  }

  function begin(form, data) {
    const id = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
    const opened = openWindow(id);
    if (!opened || opened.closed) return false;
    opened.opener = null; // TikTok gets no hold of this page; we cannot close its window then, but see when it is closed
    opened.document.title = words.opening;
    const attempt = { id, form, data, opened, at: Date.now(), until: Date.now() + GIVE_UP_MS, state: "", row: null, heard: "" };
    attempts.set(id, attempt);
    say(attempt, "waiting");
    void send(attempt);
    return true;
  }

  async function send(attempt) {
    const { form, data } = attempt;
    try {
      const signal = AbortSignal.timeout(SEND_MS);
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" }, signal });
      attempt.signsIn = answer.redirected;
      if (answer.redirected) lead(attempt, signIn(answer.url, form.action, data));
      else if (answer.headers.get("Content-Type")?.startsWith("application/json")) follow(attempt, await answer.json());
      else fail(attempt, "refused");
    } catch {
      fail(attempt, "offline");
    }
  }

  const sent = (form, data) => `${form.action}?${new URLSearchParams(data)}`;

  function follow(attempt, { url, leave, errors }) {
    if (url) lead(attempt, url);
    else fail(attempt, "refused", errors?.join(" "));
    if (leave) window.location.assign(leave);
  }

  function lead(attempt, url) {
    if (attempt.state === "waiting" && !attempt.opened.closed) attempt.opened.location.replace(url);
  }

  // The sign-in has ended: it is shown in the small window, and leads on to the same button there.
  function signIn(address, action, data) {
    const asked = new URLSearchParams([...data].filter(([name]) => name !== "csrfmiddlewaretoken"));
    const url = new URL(address);
    if (url.searchParams.has("next")) url.searchParams.set("next", `${new URL(action).pathname}?${asked}`);
    return url.href;
  }

  function fail(attempt, state, text) {
    attempt.opened.close();
    if (attempt.state === "waiting") say(attempt, state, text || words[state]);
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.matches("[data-connect]")) return;
      const data = new FormData(form, event.submitter);
      const same = waiting().find((attempt) => sent(attempt.form, attempt.data) === sent(form, data));
      const isDoubleClick = same && Date.now() - same.at < DOUBLE_CLICK_MS;
      if (isDoubleClick || begin(form, data)) event.preventDefault();
      // Otherwise windows are blocked, and the form leads this page to TikTok.
    },
    true, // before forms.js, which holds forms that leave this page
  );

  // A list that arrives must not replace a field that has the focus.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const list = event.detail.elt;
    const focused = document.activeElement;
    if (list.id === "accounts" && focused?.matches("input") && list.contains(focused)) event.preventDefault();
  });

  // --- the outcome ---

  function settle(attempt, outcome) {
    end(attempt);
    if (GOOD.has(outcome) && attempt.form.elements.name?.value === attempt.data.get("name")) attempt.form.reset();
    const key = outcome.replace(/_(\w)/g, (_match, letter) => letter.toUpperCase());
    const detail = { level: GOOD.get(outcome) ?? "bad", text: words[key] ?? words.failed };
    document.body.dispatchEvent(new CustomEvent("toast", { detail }));
  }

  new BroadcastChannel(CHANNEL).addEventListener("message", (event) => {
    const { id, outcome, page } = event.data ?? {};
    refresh();
    document.body.dispatchEvent(new CustomEvent("accounts-changed"));
    const attempt = attempts.get(id);
    if (!attempt || attempt.heard === page) return; // its page was only opened again
    attempt.heard = page;
    settle(attempt, String(outcome ?? ""));
  });
})();
