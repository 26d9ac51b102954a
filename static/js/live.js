// Panels that follow jobs: `data-live` holds the ids. The stream tells which job changed, never what: the panel
// gets an event `news`, which triggers its own request. A lost signal therefore does no harm, and where no stream
// comes through, a clock triggers the same events.

const SILENCE = 20_000; // the server pings every 15 s
const HIDDEN = 60_000; // a hidden tab gives its stream back after that
const POLL = 3_000;
const PATIENCE = 3; // failures in a row before polling starts

const { root } = document.documentElement.dataset; // where the console begins on its host
const tenant = document.body.dataset.tenant;
const timers = { silence: 0, retry: 0, hidden: 0, poll: 0 };
let source = null;
let failures = 0;
let ended = false; // signed out: nothing more may be asked

const panels = () => Array.from(document.querySelectorAll("[data-live]"));
const due = new Set();

// At most once in `data-live-pause` milliseconds, and always once more after the last signal.
function changed(panel) {
  if (!due.has(panel.id)) {
    due.add(panel.id);
    setTimeout(tell, Number(panel.dataset.livePause ?? 250), panel.id);
  }
}

// A panel that waits for its answer is about to be replaced, and one that has just replaced another does not listen
// yet: both would lose what they are told meanwhile.
function tell(id) {
  const panel = document.getElementById(id);
  if (panel?.ariaBusy === "true" || panel?.closest(".htmx-request, .htmx-added")) {
    setTimeout(tell, 100, id);
    return;
  }
  due.delete(id);
  panel?.dispatchEvent(new Event("news"));
}

const refresh = () => panels().forEach(changed);
const signal = (job) => panels().filter((panel) => panel.dataset.live.split(" ").includes(job)).forEach(changed);

function set(timer, call, milliseconds) {
  clearTimeout(timers[timer]);
  timers[timer] = setTimeout(call, milliseconds);
}

// Open the stream when something on the page follows a job, and close it when nothing does any more.
function follow() {
  if (ended || !panels().length) {
    rest();
  } else if (!source && !document.hidden && !timers.retry) {
    open();
  }
}

function open() {
  timers.retry = 0;
  source = new EventSource(`${root}events?tenant=${encodeURIComponent(tenant)}`);
  let heard = false;
  set("silence", lost, SILENCE);
  source.addEventListener("error", lost);
  source.addEventListener("ping", () => {
    set("silence", lost, SILENCE);
    failures = 0;
    if (!heard) {
      heard = true;
      stopPolling();
      refresh(); // whatever happened while nobody listened
    }
  });
  source.addEventListener("job", (event) => signal(JSON.parse(event.data).job));
  source.addEventListener("poll", startPolling); // the server itself hears nothing
  source.addEventListener("resync", () => { stopPolling(); refresh(); });
  source.addEventListener("bye", (event) => {
    ended = JSON.parse(event.data).reason === "signed-out";
    close();
    if (!ended) {
      again(500 + Math.random() * 4_500);
    }
  });
}

function lost() {
  close();
  failures += 1;
  if (failures >= PATIENCE) {
    startPolling();
  }
  // Full jitter, so that many tabs do not come back in step.
  again(1_000 + Math.random() * Math.min(29_000, 1_000 * 2 ** failures));
}

function again(milliseconds) {
  set("retry", () => { timers.retry = 0; follow(); }, milliseconds);
}

function close() {
  clearTimeout(timers.silence);
  source?.close();
  source = null;
}

function rest() {
  close();
  stopPolling();
  clearTimeout(timers.retry);
  timers.retry = 0;
}

function startPolling() {
  timers.poll ||= setInterval(() => { if (!document.hidden) { refresh(); } }, POLL);
}

function stopPolling() {
  clearInterval(timers.poll);
  timers.poll = 0;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    set("hidden", rest, HIDDEN);
    return;
  }
  clearTimeout(timers.hidden);
  refresh();
  follow();
});
document.addEventListener("htmx:afterSettle", follow);
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", (event) => { if (event.persisted) { refresh(); } follow(); });
