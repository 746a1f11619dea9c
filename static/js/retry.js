// When a part of a page could not be loaded, the [data-retry-for="<id of the part>"] beside it appears. Its button loads
// the part again; it disappears when the part arrives after all. A failed POST is reported by a toast.
const asked = new WeakMap();
const boxOf = (target) => target?.id && document.querySelector(`[data-retry-for="${target.id}"]`);

function failed({ detail }) {
  const { target, requestConfig, xhr } = detail;
  if (requestConfig.verb !== "get") {
    const text = document.getElementById("toasts")?.dataset[xhr?.status ? "serverError" : "noAnswer"];
    if (text) document.body.dispatchEvent(new CustomEvent("toast", { detail: { level: "bad", text } }));
    return;
  }
  const box = boxOf(target);
  if (!box) return;
  asked.set(box, requestConfig);
  box.hidden = false;
}

document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);
document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status >= 500 && failed(event));
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const box = detail.isError ? null : boxOf(detail.target);
  if (box) box.hidden = true;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-retry]");
  const box = button?.closest("[data-retry-for]");
  if (!box) return;
  const target = document.getElementById(box.dataset.retryFor);
  const swap = target.getAttribute("hx-swap") ?? "innerHTML";
  const { elt, path } = asked.get(box);
  window.htmx.ajax("GET", path, { source: elt.isConnected ? elt : target, target, swap });
});
