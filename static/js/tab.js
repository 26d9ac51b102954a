// The tab of a page that follows something: how far it is stands in front of the title, and in its icon as a ring.
// An element says so: data-tab (words), data-tab-percent and data-tab-look (going, waiting, done, warning, failed).
// Nothing of it moves by itself: the icon is drawn anew when the element is.

const COLOURS = { going: "#2f6fe4", waiting: "#b9770e", done: "#17824f", warning: "#b9770e", failed: "#c2262b" };
const SIGNS = {
  waiting: "M12.500 11v10M19.500 11v10",
  done: "M10.500 16.500l4 4 7.500-8.500",
  warning: "M16 10v7.500M16 21.800v.2",
  failed: "M11.500 11.500l9 9M20.500 11.500l-9 9",
};
const ROUND = 2 * Math.PI * 13;

const icon = document.querySelector("link[rel=icon]");
const own = { title: document.title, icon: icon.href };
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function ring(percent, look) {
  const shown = calm.matches ? Math.floor(percent / 25) * 25 : percent;
  const colour = COLOURS[look] ?? COLOURS.going;
  const sign = SIGNS[look] ? `<path d="${SIGNS[look]}" stroke="${colour}"/>` : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<circle cx="16" cy="16" r="15.500" fill="#fff"/>
<g fill="none" stroke-width="4" stroke-linecap="round"><circle cx="16" cy="16" r="13" stroke="#d5dce4"/>
<circle cx="16" cy="16" r="13" stroke="${colour}" stroke-linecap="butt" transform="rotate(-90 16 16)"
 stroke-dasharray="${(ROUND * shown) / 100} ${ROUND}"/>${sign}</g></svg>`;
}

function draw() {
  const told = document.querySelector("[data-tab]");
  if (!told) {
    restore();
    return;
  }
  const { tab, tabPercent, tabLook } = told.dataset;
  const title = `${tab} · ${own.title}`;
  const href = `data:image/svg+xml,${encodeURIComponent(ring(Number(tabPercent), tabLook))}`;
  if (document.title !== title) {
    document.title = title;
  }
  if (icon.href !== href) {
    icon.href = href;
  }
}

function restore() {
  document.title = own.title;
  icon.href = own.icon;
}

document.addEventListener("htmx:afterSettle", draw);
calm.addEventListener("change", draw);
addEventListener("pagehide", restore);
addEventListener("pageshow", draw);
draw();
