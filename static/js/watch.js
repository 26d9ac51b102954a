// An element that asks for news by itself (data-while-visible) does so only while its tab is seen, and quietly: no
// signs of work, and no notice about an answer that failed, for the next one follows at once.

function watching(event) {
  return event.detail.elt instanceof Element && event.detail.elt.matches("[data-while-visible]");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (watching(event)) {
    event.stopPropagation();
    if (document.hidden) {
      event.preventDefault();
    }
  }
}, { capture: true });

["htmx:sendError", "htmx:timeout"].forEach((name) => {
  document.addEventListener(name, (event) => {
    if (watching(event)) {
      event.stopPropagation();
    }
  }, { capture: true });
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.requestConfig.elt.matches("[data-while-visible]") && event.detail.xhr.status >= 429) {
    event.detail.shouldSwap = false;
  }
}, { capture: true });
