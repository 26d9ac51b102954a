// A job's page into which somebody types: the figures follow the job, while the form stays as it is, and a word says
// that it is about how the job was.

function standard(field) {
  if (field instanceof HTMLSelectElement) {
    return field.selectedIndex === Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  }
  if (["checkbox", "radio"].includes(field.type)) {
    return field.checked === field.defaultChecked;
  }
  return field.value === field.defaultValue;
}

function typing(panel) {
  const fields = [...panel.querySelectorAll("form :is(input:not([type=hidden]), textarea, select)")];
  return fields.some((field) => field === document.activeElement || !standard(field));
}

function tell(progress) {
  if (!document.getElementById("moved")) {
    progress.after(document.getElementById("moved-on").content.cloneNode(true));
  }
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const panel = event.detail.target;
  if (panel.id !== "panel") {
    return;
  }
  if (panel.querySelector("form[data-sending]")) {
    event.detail.shouldSwap = false; // the answer is a page of its own
  } else if (typing(panel)) {
    event.detail.target = document.getElementById("progress");
    event.detail.selectOverride = "#progress";
    tell(event.detail.target);
  }
});
