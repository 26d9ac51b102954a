// Moments on the reader's own clock, or on that of a named zone, and forms that know the reader's time zone.

const MINUTE = { hour: "2-digit", minute: "2-digit" };
const OWN = new Intl.DateTimeFormat("en-GB", { ...MINUTE, timeZoneName: "short" });
const { timeZone } = OWN.resolvedOptions();

function day(when, zone) {
  const year = when.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", ...year, timeZone: zone }).format(when);
}

function own(when) {
  const today = when.toDateString() === new Date().toDateString();
  return today ? OWN.format(when) : `${day(when, timeZone)}, ${OWN.format(when)}`;
}

function onClocks(when, zone, more = {}) {
  const minute = new Intl.DateTimeFormat("en-GB", { ...MINUTE, ...more, timeZone: zone });
  return `${day(when, zone)}, ${minute.format(when)}`;
}

// With their offset where the clocks, which are put back by half an hour or by one, show that time twice.
function shown(when, zone) {
  const text = onClocks(when, zone);
  const isTwice = [-60, -30, 30, 60].some((away) => onClocks(new Date(when.getTime() + away * 60000), zone) === text);
  return isTwice ? onClocks(when, zone, { timeZoneName: "longOffset" }) : text;
}

// What the clocks of the zone show, as it was entered there, and what the reader's do where that is another time.
function inZone(when, zone) {
  const there = `${shown(when, zone)} (${zone})`;
  return shown(when, zone) === shown(when, timeZone) ? there : `${there}, here ${own(when)}`;
}

function words(time) {
  const when = new Date(time.dateTime);
  try {
    return time.dataset.clock ? inZone(when, time.dataset.clock) : own(when);
  } catch {
    return time.textContent; // a zone that this browser does not know, in the server's words
  }
}

function set() {
  document.querySelectorAll("time[data-clock]").forEach((time) => {
    time.textContent = words(time);
  });
  document.querySelectorAll("input[data-time-zone]").forEach((input) => {
    input.value = timeZone;
    input.removeAttribute("data-time-zone");
  });
}

set();
document.addEventListener("htmx:afterSwap", set);
