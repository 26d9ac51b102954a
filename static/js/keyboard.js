// The keyboard: / filter, j k rows, x select, Enter open, g + letter for the menu, ? help.

let going = false;

function typing(element) {
  return element.isContentEditable
    || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])");
}

function rows() {
  return [...document.querySelectorAll("[data-rows] tbody tr")].filter((row) => handle(row));
}

function handle(row) {
  return row.querySelector("[data-row-link]") ?? row.querySelector(".main a, [data-select]");
}

function move(by) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (next) {
    handle(next).focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

function toggle(event) {
  const box = document.activeElement.closest("tr")?.querySelector("[data-select]");
  box?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: event.shiftKey }));
}

function open() {
  const row = document.activeElement.closest("[data-rows] tr");
  if (row && document.activeElement.matches("[data-select]")) {
    row.querySelector("[data-row-link]")?.click();
    return true;
  }
  return false;
}

function filter() {
  const field = document.querySelector("[role=search] :is(input:not([type=hidden]), select), input[type=search]");
  field?.focus();
  field?.select?.();
}

function go(letter) {
  document.querySelector(`.navigation a[data-key="${CSS.escape(letter)}"]`)?.click();
}

const KEYS = {
  "/": filter,
  j: () => move(1),
  k: () => move(-1),
  x: toggle,
  X: toggle,
  "?": () => document.getElementById("keys")?.showModal(),
  g: () => { going = true; setTimeout(() => { going = false; }, 1500); },
};

document.addEventListener("keydown", (event) => {
  const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented);
  if (!plain || typing(event.target) || document.querySelector("dialog[open]")) {
    return;
  }
  if (going && event.key !== "g") {
    going = false;
    go(event.key);
  } else if (event.key === "Enter") {
    if (open()) {
      event.preventDefault();
    }
  } else if (Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key](event);
  }
});
