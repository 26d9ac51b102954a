// Moments on the reader's own clock, and forms that know the reader's time zone.

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const FAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
const { timeZone } = CLOCK.resolvedOptions();

function words(when) {
  const now = new Date();
  if (when.toDateString() === now.toDateString()) {
    return CLOCK.format(when);
  }
  const day = when.getFullYear() === now.getFullYear() ? DAY : FAR;
  return `${day.format(when)}, ${CLOCK.format(when)}`;
}

function set() {
  document.querySelectorAll("time[data-clock]").forEach((time) => {
    time.textContent = words(new Date(time.dateTime));
  });
  document.querySelectorAll("input[data-time-zone]").forEach((input) => {
    input.value = timeZone;
    input.removeAttribute("data-time-zone");
  });
}

set();
document.addEventListener("htmx:afterSwap", set);
