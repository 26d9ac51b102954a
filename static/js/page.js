// Small things of every page: copying, messages, times that stay true, the theme.

// Copying

async function copy(button) {
  const text = button.dataset.copy ?? button.parentElement.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    document.dispatchEvent(new CustomEvent("toast", {
      detail: { tone: "warning", text: "The browser does not allow copying here. Select the text instead." },
    }));
    return;
  }
  button.setAttribute("data-copied", "");
  say("Copied");
  setTimeout(() => button.removeAttribute("data-copied"), 1500);
}

function say(words) {
  const voice = document.getElementById("voice");
  voice.textContent = "";
  requestAnimationFrame(() => { voice.textContent = words; });
}

// Messages: good news leaves by itself, unless somebody reads it; the rest stays until it is dismissed.

function toast({ tone, text, label, act }) {
  const note = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  note.classList.add(`notice-${tone}`);
  note.dataset.toast = tone;
  note.querySelector("p").textContent = text;
  const button = note.querySelector("[data-act]");
  if (act) {
    button.textContent = label;
    button.addEventListener("click", () => { note.remove(); act(); });
  } else {
    button.remove();
  }
  document.getElementById("messages").append(note);
  expire(note);
}

function expire(note) {
  if (!["success", "info", "neutral"].includes(note.dataset.toast)) {
    return;
  }
  setTimeout(() => {
    if (note.matches(":hover, :focus-within")) {
      expire(note);
    } else {
      note.remove();
    }
  }, 8000);
}

document.addEventListener("toast", (event) => toast(event.detail));
document.querySelectorAll("[data-toast]").forEach(expire);
document.addEventListener("htmx:oobAfterSwap", () => document.querySelectorAll("[data-toast]").forEach(expire));

// Times: the same words as the server's (c8yadmin/ui/times.py), kept true while the page is open.

const STEPS = [[86400, "d"], [3600, "h"], [60, "min"]];
const WEEK = 7 * 86400;

function words(seconds) {
  const away = Math.abs(seconds);
  const [length, unit] = STEPS.find(([size]) => away >= size) ?? [0, ""];
  if (!length) {
    return seconds >= 0 ? "just now" : "in a moment";
  }
  const text = `${Math.floor(away / length)} ${unit}`;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

function refreshTimes() {
  document.querySelectorAll("time[data-relative]").forEach((time) => {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (Math.abs(seconds) <= WEEK) {
      time.textContent = words(seconds);
    }
  });
}

setInterval(refreshTimes, 30000);

// The theme: as the system has it, light, dark; a cookie lets the server send the next page in it.

const THEMES = ["", "light", "dark"];

function switchTheme(button) {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.bsTheme ?? "") + 1) % THEMES.length];
  if (next) {
    root.dataset.bsTheme = next;
  } else {
    delete root.dataset.bsTheme;
  }
  const age = next ? 31536000 : 0;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${next}; path=${root.dataset.root}; max-age=${age}; samesite=lax${secure}`;
  say(`Theme: ${next || "as the system"}`);
  button.title = `Theme: ${next || "as the system"}`;
}

// A page that says what went wrong leads back to the one before it as the browser still has it, with what was typed there.
document.addEventListener("click", (event) => {
  const back = event.target.closest("a[data-back]");
  if (back?.href === document.referrer && history.length > 1) {
    event.preventDefault();
    history.back();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches("[data-copy], [data-copy-from]")) {
    copy(button);
  } else if (button?.matches("[data-dismiss]")) {
    button.closest("[data-toast]").remove();
  } else if (button?.matches("[data-theme-switch]")) {
    switchTheme(button);
  }
});
