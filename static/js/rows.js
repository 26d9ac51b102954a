// Selecting rows: one, a range with Shift, a page, rows of several pages, or all that match. The bar above the table
// says what is chosen. What is chosen on other pages is kept here while htmx turns them, and never in an address; who
// goes back to the list finds it again, who comes anew does not.

const MOST = 500; // rows one by one, of the thousand fields that a form may send

const KEPT = "selection"; // its name in the storage of the tab

const chosen = new Map(); // the id of each row, and the page on which it was selected
const typed = new Map(); // what was typed beside rows, by id and name; never kept longer than the page
let list = null; // the kind and the filter of the rows
let page = location.search; // what tells one page of them from another
let every = false; // all that match, instead of single rows
let notice = ""; // what is said once, in the place of the count
let anchor = null;

function boxes() {
  return [...document.querySelectorAll("[data-select]")];
}

function refresh() {
  const bar = document.querySelector("[data-bulk]");
  if (bar) {
    adopt(bar);
    show(bar);
  }
}

// The rows that were just drawn: those of another filter are another list, and so is each page of one that cannot be
// selected by its filter.
function adopt(bar) {
  const scope = bar.querySelector("[data-scope]");
  const all = bar.querySelector("[data-all]");
  const now = scope ? `${bar.elements.target.value}?${scope.value}` : Symbol("page");
  notice = page === location.search ? notice : "";
  page = location.search;
  if (now !== list) {
    notice = scope && (every || chosen.size) ? "The filter has changed, so nothing is selected any more" : notice;
    chosen.clear();
    typed.clear();
    every = all?.checked ?? false; // as a browser brings it back with the page
    list = now;
    bar.querySelectorAll("[data-away]").forEach(({ value }) => chosen.set(value, null)); // the server knows of no page
  }
  every &&= all !== null;
  boxes().forEach((box) => {
    box.checked ||= chosen.has(box.value);
    if (box.checked) {
      chosen.set(box.value, chosen.get(box.value) ?? page); // going back, the address changes before the rows do
    }
    fields(bar, box).filter(({ value }) => !value).forEach((field) => {
      field.value = typed.get(box.value)?.get(field.name) ?? "";
    });
  });
}

// What can be typed beside the box of a row, and is sent with it.
function fields(bar, box) {
  return [...box.closest("tr").querySelectorAll("input:not([type=checkbox])")].filter(({ form }) => form === bar);
}

function show(bar) {
  const all = boxes();
  const here = all.filter((box) => box.checked).length;
  const whole = document.querySelector("[data-select-all]");
  if (whole) {
    whole.checked = all.length > 0 && here === all.length;
    whole.indeterminate = here > 0 && !whole.checked;
    whole.disabled = every;
  }
  all.forEach((box) => { box.disabled = every; });
  bar.querySelectorAll("[data-all]").forEach((box) => { box.checked = every; });
  const none = !every && chosen.size === 0;
  bar.toggleAttribute("data-chosen", !none);
  bar.querySelector("[data-count]").textContent = notice || words(bar, here);
  bar.querySelector("[data-clear]")?.toggleAttribute("hidden", none);
  bar.querySelectorAll("button[name=action]").forEach((button) => button.toggleAttribute("data-idle", none));
  if (bar.querySelector("[data-scope]")) {
    load(bar, new Set(all.map((box) => box.value)));
  }
}

function words(bar, here) {
  if (every || !chosen.size) {
    return every ? bar.dataset.allWords : bar.dataset.noneWords;
  }
  const pages = new Set(chosen.values()).size;
  if (pages > 1 || !here) {
    return `${chosen.size} selected on ${pages > 1 ? `${pages} pages` : "another page"}`;
  }
  return `${chosen.size} ${chosen.size === 1 ? "row" : "rows"} selected`;
}

// Only what was chosen is sent: the ids of rows, or the filter with "all". An export without a choice is of all. Rows
// of other pages may be too many for an address, so they are posted.
function load(bar, present) {
  const away = every ? [] : [...chosen.keys()].filter((id) => !present.has(id));
  bar.querySelector("[data-scope]").disabled = !every && chosen.size > 0;
  bar.querySelectorAll("[data-away]").forEach((input) => input.remove());
  if (!bar.elements.csrfmiddlewaretoken) { // not posted anyway
    bar.method = away.length ? "post" : "get";
    if (away.length) {
      carry(bar, "csrfmiddlewaretoken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
    }
  }
  away.forEach((id) => {
    carry(bar, "id", id);
    typed.get(id)?.forEach((value, name) => carry(bar, name, value));
  });
}

function carry(bar, name, value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  input.dataset.away = "";
  bar.append(input);
}

function choose(some, wanted) {
  notice = "";
  some.forEach((box) => {
    if (!wanted) {
      chosen.delete(box.value);
    } else if (chosen.size < MOST || chosen.has(box.value)) {
      chosen.set(box.value, page);
    } else {
      notice = `No more than ${MOST} rows one by one: filter the list, and select all that match`;
    }
    box.checked = chosen.has(box.value);
  });
}

function range(box) {
  const all = boxes();
  const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((a, b) => a - b);
  return from >= 0 ? all.slice(from, to + 1) : [box];
}

document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement)) {
    return;
  }
  if (box.matches("[data-select]")) {
    choose(event.shiftKey && anchor ? range(box) : [box], box.checked);
    anchor = box;
  } else if (box.matches("[data-select-all]")) {
    choose(boxes(), box.checked);
  } else if (box.matches("[data-all]")) {
    every = box.checked;
    notice = "";
  } else {
    return;
  }
  show(document.querySelector("[data-bulk]"));
});

document.addEventListener("input", ({ target }) => {
  const box = target.closest("tr")?.querySelector("[data-select]");
  if (box && target !== box && target.form === box.form) {
    typed.set(box.value, (typed.get(box.value) ?? new Map()).set(target.name, target.value));
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-clear]")) {
    every = false;
    choose(boxes(), false);
    chosen.clear();
    show(document.querySelector("[data-bulk]"));
    document.querySelector("[data-select-all]")?.focus();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-idle]")) {
    event.preventDefault();
    document.querySelector("[data-count]").textContent = "Select at least one row first";
  }
}, { capture: true });

function keep() {
  if (document.querySelector("[data-bulk] [data-scope]")) {
    const rows = { at: location.pathname, list, every, chosen: [...chosen] };
    sessionStorage.setItem(KEPT, JSON.stringify(rows));
  }
}

function restore() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  const [arrival] = performance.getEntriesByType("navigation");
  if (kept?.at === location.pathname && arrival.type !== "navigate") {
    ({ list, every } = kept);
    kept.chosen.forEach(([id, where]) => chosen.set(id, where));
  }
}

// At once, so that nothing else is ever sent, and again when htmx has given the bar the server's attributes.
["htmx:afterSwap", "htmx:afterSettle", "htmx:historyRestore"].forEach((name) => {
  document.addEventListener(name, refresh);
});
addEventListener("pageshow", refresh);
try {
  restore();
  addEventListener("pagehide", keep);
} catch {
  // A browser that keeps nothing for pages: what is selected ends with the page.
}
refresh();
