// Connecting an account: TikTok opens in a small window; when that is blocked, in this one. The window tells us the
// outcome through a BroadcastChannel (window.opener is cut on the way through TikTok), and the list is asked too.
(() => {
  "use strict";
  const page = document.querySelector("[data-connect-page]");
  if (!page) return;
  const WINDOW = "clipdesk-connect";
  const POPUP_MARK = "clipdesk-popup";
  const POLL_MS = 3000;
  const GIVE_UP_MS = 600000; // an attempt is worth nothing after ten minutes
  const GOOD = new Map([
    ["linked", "good"],
    ["updated", "good"],
    ["reconnected", "good"],
    ["fewer_scopes", "warn"],
  ]);
  let timer = 0;
  let waitingUntil = 0;

  const refresh = () => {
    const list = document.getElementById("accounts");
    if (list) window.htmx.trigger(list, "refresh");
  };

  function stop() {
    window.clearInterval(timer);
    waitingUntil = 0;
  }

  function wait() {
    stop();
    waitingUntil = Date.now() + GIVE_UP_MS;
    timer = window.setInterval(() => {
      if (Date.now() > waitingUntil) stop();
      else if (!document.hidden) refresh();
    }, POLL_MS);
  }

  function openWindow() {
    const left = Math.max(0, window.screenX + (window.outerWidth - 520) / 2);
    const top = Math.max(0, window.screenY + 60);
    try {
      window.sessionStorage.setItem(POPUP_MARK, "1"); // the new window starts with a copy of it
    } catch {
      return window.open("", WINDOW, `popup,width=520,height=720,left=${left},top=${top}`);
    }
    const opened = window.open("", WINDOW, `popup,width=520,height=720,left=${left},top=${top}`);
    window.sessionStorage.removeItem(POPUP_MARK);
    return opened;
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.matches("[data-connect]")) return;
      const opened = openWindow();
      if (!opened) {
        form.removeAttribute("target");
        return;
      }
      form.target = WINDOW;
      opened.focus();
      wait();
    },
    true, // before forms.js, which holds forms that leave this page
  );

  // A list that arrives must not move what somebody is typing in.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const list = event.detail.elt;
    const focused = document.activeElement;
    if (list.id === "accounts" && focused?.matches("input") && list.contains(focused)) event.preventDefault();
  });

  new BroadcastChannel(WINDOW).addEventListener("message", (event) => {
    const outcome = String(event.data?.outcome ?? "");
    refresh();
    document.body.dispatchEvent(new CustomEvent("accounts-changed"));
    if (!waitingUntil) return;
    stop();
    const key = outcome.replace(/_(\w)/g, (_match, letter) => letter.toUpperCase());
    const detail = GOOD.has(outcome) ? { level: GOOD.get(outcome), text: page.dataset[key] } : { level: "bad", text: page.dataset.failed };
    document.body.dispatchEvent(new CustomEvent("toast", { detail }));
  });
})();
