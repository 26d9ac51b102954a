// Selecting rows: one, a range with Shift, the page, or all that match. The bar above the table says what is chosen.

let anchor = null;

function boxes() {
  return [...document.querySelectorAll("[data-select]")];
}

function refresh() {
  const bar = document.querySelector("[data-bulk]");
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  const whole = document.querySelector("[data-select-all]");
  if (whole) {
    whole.checked = all.length > 0 && chosen.length === all.length;
    whole.indeterminate = chosen.length > 0 && !whole.checked;
  }
  if (bar) {
    describe(bar, chosen.length);
  }
}

// Only what was chosen is sent: the ids of rows, or the filter with "all". An export without a choice is of all.
function describe(bar, count) {
  const every = bar.querySelector("[data-all]")?.checked ?? false;
  bar.toggleAttribute("data-chosen", every || count > 0);
  bar.querySelector("[data-scope]")?.toggleAttribute("disabled", !every && count > 0);
  boxes().forEach((box) => { box.disabled = every; });
  const words = count === 1 ? "1 row selected" : `${count} rows selected`;
  bar.querySelector("[data-count]").textContent = every
    ? bar.dataset.allWords
    : count > 0 ? words : bar.dataset.noneWords;
  bar.querySelectorAll("button[name=action]").forEach((button) => {
    button.toggleAttribute("data-idle", !every && count === 0);
  });
}

function selectRange(box) {
  const all = boxes();
  const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((a, b) => a - b);
  if (from >= 0) {
    all.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
  }
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement)) {
    return;
  }
  if (box.matches("[data-select]")) {
    if (event.shiftKey && anchor) {
      selectRange(box);
    }
    anchor = box;
  } else if (box.matches("[data-select-all]")) {
    boxes().forEach((other) => { other.checked = box.checked; });
  }
  if (box.matches("[data-select], [data-select-all], [data-all]")) {
    refresh();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-idle]")) {
    event.preventDefault();
    const count = document.querySelector("[data-count]");
    count.textContent = "Select at least one row first";
  }
}, { capture: true });

document.addEventListener("htmx:afterSettle", refresh);
addEventListener("pageshow", refresh);
refresh();
