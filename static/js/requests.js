// What htmx does around a request: signs of work, failures that keep the page, and a way to try again.

const busy = new Set();

function target(event) {
  return event.detail.target instanceof Element ? event.detail.target : document.body;
}

function settle(event) {
  busy.delete(event.detail.xhr);
  target(event).removeAttribute("aria-busy");
  event.detail.elt.removeAttribute("data-sending");
  document.body.toggleAttribute("data-busy", busy.size > 0);
}

// A second click while a form is on its way would send it twice.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig, xhr } = event.detail;
  if (requestConfig.verb !== "get") {
    if (elt.hasAttribute("data-sending")) {
      event.preventDefault();
      return;
    }
    elt.setAttribute("data-sending", "");
  }
  busy.add(xhr);
  document.body.setAttribute("data-busy", "");
  target(event).setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", settle);

document.addEventListener("htmx:beforeSwap", (event) => {
  const problem = document.getElementById("problem");
  if (problem && event.detail.target !== problem && event.detail.xhr.status < 400) {
    problem.replaceChildren();
  }
});

// Failures arrive in #problem: a dialog opens over the page, anything else is scrolled into sight.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "problem") {
    return;
  }
  const dialog = event.detail.target.querySelector("dialog:not([open])");
  if (dialog) {
    dialog.showModal();
  } else {
    event.detail.target.scrollIntoView({ block: "center" });
  }
});

function offerAgain(event, words) {
  const { elt, requestConfig } = event.detail;
  const changes = requestConfig.verb !== "get";
  const known = changes ? " It is not known whether the change arrived: look before you repeat it." : "";
  document.dispatchEvent(new CustomEvent("toast", {
    detail: {
      tone: "danger",
      text: words + known,
      label: changes ? "Send again" : "Retry",
      act: () => window.htmx.ajax(requestConfig.verb, requestConfig.path, {
        source: elt.isConnected ? elt : document.body,
        target: requestConfig.target,
        values: Object.fromEntries(requestConfig.formData ?? []),
      }),
    },
  }));
}

document.addEventListener("htmx:sendError", (event) => {
  offerAgain(event, "The console cannot be reached. Is the network down?");
});

document.addEventListener("htmx:timeout", (event) => {
  offerAgain(event, "The console took too long to answer.");
});

document.addEventListener("htmx:swapError", () => {
  document.dispatchEvent(new CustomEvent("toast", {
    detail: { tone: "danger", text: "The answer could not be shown. Reload the page." },
  }));
});

// The same protection for forms that the browser sends by itself.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") {
    return;
  }
  if (form.hasAttribute("data-sending")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("data-sending", "");
  setTimeout(() => form.removeAttribute("data-sending"), 5000); // an answer may be a download, which leaves the page
});

addEventListener("pageshow", () => {
  document.querySelectorAll("[data-sending]").forEach((form) => form.removeAttribute("data-sending"));
});
