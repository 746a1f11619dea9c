// The page on which connecting ends: says the outcome to the page that began, and in a small window closes itself.
// An error stays until it has been read.
(() => {
  "use strict";
  const result = document.querySelector("[data-connect-result]");
  if (!result) return;
  const CLOSE_MS = 3000;
  const { state, outcome } = result.dataset;
  const channel = new BroadcastChannel("clipdesk-connect");
  channel.postMessage({ state, outcome });
  channel.close();

  let isPopup = false;
  try {
    isPopup = window.sessionStorage.getItem("clipdesk-popup") === "1";
  } catch {
    isPopup = false; // storage may be switched off; the link back works
  }
  if (!isPopup) return;
  const back = result.querySelector("[data-connect-back]");
  back.textContent = back.dataset.closeLabel;
  back.addEventListener("click", (event) => {
    event.preventDefault();
    window.close();
  });
  if (result.hasAttribute("data-stay")) return;
  result.querySelector("[data-connect-closing]").hidden = false;
  window.setTimeout(() => window.close(), CLOSE_MS);
})();
