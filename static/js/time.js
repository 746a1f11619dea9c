// <time datetime data-relative> reads "in 2 h" while it is near; its title keeps the full date, zone and offset.
(() => {
  "use strict";
  const NEAR_S = 7 * 86400;
  const STEPS = [
    [60, 1, "second"],
    [3600, 60, "minute"],
    [86400, 3600, "hour"],
    [Infinity, 86400, "day"],
  ];
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || undefined, { numeric: "auto", style: "short" });

  function relative(seconds) {
    const distance = Math.abs(seconds);
    if (distance < 10) return words.format(0, "second");
    const [, size, unit] = STEPS.find(([limit]) => distance < limit);
    const round = seconds > 0 ? Math.round : Math.trunc; // what was set for 7 days does not read 6 at once
    return words.format(round(seconds / size), unit);
  }

  function refresh(root = document) {
    for (const element of root.querySelectorAll("time[data-relative]")) {
      element.dataset.absolute ??= element.textContent.trim();
      const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
      const text = Math.abs(seconds) < NEAR_S ? relative(seconds) : element.dataset.absolute;
      if (element.textContent !== text) element.textContent = text;
    }
  }

  refresh();
  // Before the next paint, also in what htmx swaps in: nobody sees the date flicker.
  new MutationObserver(() => refresh()).observe(document.body, { childList: true, subtree: true });
  window.setInterval(() => document.hidden || refresh(), 15000);
})();
