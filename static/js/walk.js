// Arrow keys in a dialog or panel: from the focused one of these elements to the next one, and not past the ends.
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export function stepOf(event) {
  return STEPS[event.key] ?? 0;
}

export function walk(stops, step) {
  const next = stops.indexOf(document.activeElement) + step;
  stops[Math.min(Math.max(next, 0), stops.length - 1)].focus();
}
