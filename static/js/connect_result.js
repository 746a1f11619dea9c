// The page on which connecting ends: sends the outcome to the page that started it and, in a small window, closes itself.
// An outcome that should be read stays.
(() => {
  "use strict";
  const result = document.querySelector("[data-connect-result]");
  if (!result) return;
  const CLOSE_MS = 3000;
  const { state, outcome } = result.dataset;
  let id = "";
  try {
    id = window.sessionStorage.getItem("clipdesk-popup") ?? "";
  } catch {
    id = ""; // storage may be switched off; the link back works
  }
  const channel = new BroadcastChannel("clipdesk-connect");
  channel.postMessage({ id, state, outcome, page: window.location.pathname });
  channel.close();

  if (!id) return;
  const back = result.querySelector("[data-connect-back]");
  if (back.dataset.closeLabel) {
    back.textContent = back.dataset.closeLabel;
    back.addEventListener("click", (event) => {
      event.preventDefault();
      window.close();
    });
  }
  if (result.hasAttribute("data-stay")) return;
  result.querySelector("[data-connect-closing]").hidden = false;
  window.setTimeout(() => window.close(), CLOSE_MS);
})();
