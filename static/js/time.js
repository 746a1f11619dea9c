// Keeps <time data-when> true while a page is open: "Tomorrow 09:30" becomes "Today 09:30" at midnight of its zone,
// and within the hour it says "in 5 min" or "3 min ago". The rules are those of core/web/times.py.
(() => {
  "use strict";
  const MINUTE_MS = 60000;
  const DAY_MS = 86400000;
  const words = document.querySelector('meta[name="time-words"]').dataset;
  const days = { "-1": words.yesterday, 0: words.today, 1: words.tomorrow };
  const calendars = new Map();

  function calendar(zone) {
    if (!calendars.has(zone)) {
      const parts = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" };
      calendars.set(zone, new Intl.DateTimeFormat("en-CA", parts));
    }
    return calendars.get(zone);
  }

  function today(zone, now) {
    const parts = Object.fromEntries(calendar(zone).formatToParts(now).map(({ type, value }) => [type, value]));
    return `${parts.year}-${parts.month}-${parts.day}`;
  }

  function minutes(milliseconds) {
    if (milliseconds > 0) return words.soon.replace("%(count)s", Math.ceil(milliseconds / MINUTE_MS));
    const count = Math.floor(-milliseconds / MINUTE_MS);
    return count ? words.ago.replace("%(count)s", count) : words.now;
  }

  function text({ dateTime, dataset }, now) {
    const distance = Date.parse(dateTime) - now;
    if (dataset.when === "relative" && Math.abs(distance) < 59 * MINUTE_MS) return minutes(distance);
    const [day, reference] = [dateTime.slice(0, 10), today(dataset.zone, now)];
    const pattern = days[(Date.parse(day) - Date.parse(reference)) / DAY_MS];
    if (pattern) return pattern.replace("%(time)s", dataset.clock);
    return day.slice(0, 4) === reference.slice(0, 4) ? dataset.date : dataset.dated;
  }

  function refresh() {
    const now = Date.now();
    for (const element of document.querySelectorAll("time[data-when]")) {
      const said = text(element, now);
      if (element.textContent !== said) element.textContent = said;
    }
  }

  // A new instance starts in the browser's zone.
  function fillZone(field) {
    const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!field.options || [...field.options].some(({ value }) => value === zone)) field.value = zone;
  }

  refresh();
  document.querySelectorAll("[data-browser-zone]").forEach(fillZone);
  // Before the next paint, also in what htmx swaps in, so that the text never flickers.
  new MutationObserver(refresh).observe(document.body, { childList: true, subtree: true });
  window.setInterval(() => document.hidden || refresh(), 15000);
})();
