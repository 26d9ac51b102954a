// Dialogs, questions before a deed, and menus: the browser's own elements, with the keys people expect.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    document.getElementById(opener.dataset.dialogOpen)?.showModal();
  } else if (event.target.closest("[data-dialog-close]")) {
    event.target.closest("dialog")?.close();
  } else if (event.target instanceof HTMLDialogElement && outside(event.target, event)) {
    event.target.close();
  }
});

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

// Questions: data-confirm on a button, link or form, and htmx's own hx-confirm. While one is open, the page may be drawn
// anew behind it: it is then about the same element of the new page, and closes where that has none.

let asker = null;

function ask(question, asking) {
  const dialog = document.getElementById("confirm");
  asker = asking;
  const yes = dialog.querySelector("[value=yes]");
  const danger = asking.matches(".btn-danger") || asking.querySelector(".btn-danger") !== null;
  yes.textContent = asking.dataset.confirmLabel || "Continue";
  yes.classList.toggle("btn-danger", danger);
  yes.classList.toggle("btn-primary", !danger);
  dialog.querySelector("[data-question]").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

const agreed = new WeakSet();

function question(event, element, repeat) {
  if (agreed.delete(element)) {
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(element.dataset.confirm, element).then((yes) => {
    if (yes) {
      agreed.add(asker);
      repeat(asker);
    }
  });
}

function same(element, other) {
  const told = (one) => [one.tagName, one.dataset.confirm, ...["action", "href"].map((name) => one.getAttribute(name))];
  return told(element).join("\n") === told(other).join("\n");
}

document.addEventListener("htmx:afterSwap", () => {
  const dialog = document.getElementById("confirm");
  if (!dialog.open || asker.isConnected) {
    return;
  }
  const next = [...document.querySelectorAll("[data-confirm]")].find((element) => same(element, asker));
  if (next) {
    asker = next;
    return;
  }
  dialog.close();
  document.getElementById("content").focus();
  const text = "The page has changed meanwhile, so there is nothing to confirm any more.";
  document.dispatchEvent(new CustomEvent("toast", { detail: { tone: "info", text } }));
});

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-confirm]");
  if (element && !(element instanceof HTMLFormElement)) {
    question(event, element, (still) => still.click());
  }
}, { capture: true });

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-confirm]")) {
    question(event, form, (still) => still.requestSubmit(still === form ? event.submitter : null));
  }
}, { capture: true });

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) {
    return;
  }
  event.preventDefault();
  ask(event.detail.question, event.detail.elt).then((yes) => {
    if (yes) {
      event.detail.issueRequest(true);
    }
  });
});

// Buttons that may not be used stay reachable, so that their reason can be read.
document.addEventListener("click", (event) => {
  if (event.target.closest("[aria-disabled=true]")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, { capture: true });

// Menus: one at a time, closed by Esc, by a click elsewhere, and when the focus leaves.

function closeMenus(except) {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (menu !== except) {
      menu.open = false;
    }
  });
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));

// What is chosen closes its menu: a download leaves the page as it is.
document.addEventListener("click", (event) => {
  const chosen = event.target.closest(".menu-items :is(a, button):not([aria-disabled=true])");
  if (chosen) {
    const menu = chosen.closest("details[data-menu]");
    setTimeout(() => {
      const summary = menu.querySelector("summary");
      if (menu.contains(document.activeElement)) {
        summary.focus();
      }
      menu.open = false;
    });
  }
});

document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details[data-menu]")));

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu) {
    return;
  }
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    step(menu, event.key === "ArrowDown" ? 1 : -1);
  }
});

function step(menu, by) {
  const items = [...menu.querySelectorAll("summary, .menu-items a, .menu-items button")];
  const next = items.indexOf(document.activeElement) + by;
  items[(next + items.length) % items.length].focus();
}
