// A refused form leads to what is wrong with it: the focus goes to its first wrong field, which names its error to a screen
// reader, or to the words about the form as a whole. As a page, or where htmx has put the form again.

const WRONG = ["[aria-invalid=true]", ".is-invalid", ".field:has(> .field-errors) :is(input, select, textarea)"].join();

function wrong(within) {
  return [...within.querySelectorAll(WRONG)].find((field) => field.type !== "hidden" && !field.disabled);
}

function lead(within) {
  const summary = within.querySelector("[data-refusal]");
  const place = wrong(within) ?? summary?.closest("form")?.querySelector("[autofocus]") ?? summary;
  if (!place) {
    return;
  }
  if (summary && place.matches("[autofocus]")) {
    summary.id ||= "refusal";
    place.setAttribute("aria-describedby", `${place.getAttribute("aria-describedby") ?? ""} ${summary.id}`.trim());
  }
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "center" });
}

const led = new WeakSet(); // the answers that were dealt with: htmx tells of each element that it has put in place

document.addEventListener("htmx:afterSettle", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (xhr?.status >= 400 && requestConfig.verb !== "get" && !led.has(xhr)) {
    led.add(xhr);
    lead(event.target);
  }
});

const [arrival] = performance.getEntriesByType("navigation");
if ((arrival?.responseStatus ?? 400) >= 400) { // a browser that does not tell has the marks alone
  lead(document.getElementById("content"));
}
