// The figure chip opens its drawer. The address keeps the question (#fig=…), Esc gives the focus back.
const drawer = () => document.getElementById("zd-drawer");
let from = null;

export function drawerOpen() { const d = drawer(); return d && !d.hidden; }

export function openDrawer(url, chip) {
  const d = drawer();
  if (!d || !window.htmx) { location.href = url.replace("/drawer?", "?"); return; }
  if (chip) {
    from?.setAttribute("aria-expanded", "false");
    from = chip;
    chip.setAttribute("aria-expanded", "true");
  }
  htmx.ajax("GET", url, { target: d, swap: "innerHTML" }).then(() => {
    if (!d.firstElementChild) return;
    d.hidden = false;
    document.body.classList.add("zd-open");
    d.focus({ preventScroll: true });
    history.replaceState(history.state, "", "#fig=" + encodeURIComponent(url));
    window.dispatchEvent(new Event("resize"));
  });
}

export function closeDrawer() {
  const d = drawer();
  d.hidden = true;
  d.replaceChildren();
  document.body.classList.remove("zd-open");
  history.replaceState(history.state, "", location.pathname + location.search);
  from?.setAttribute("aria-expanded", "false");
  from?.focus();
  from = null;
  window.dispatchEvent(new Event("resize"));
}

document.addEventListener("click", (e) => {
  if (e.button || e.ctrlKey || e.metaKey || e.shiftKey) return;
  const chip = e.target.closest("[data-fig]");
  if (chip) {
    e.preventDefault();
    if (chip === from && drawerOpen()) closeDrawer(); else openDrawer(chip.dataset.fig, chip);
    return;
  }
  const go = e.target.closest("[data-drawer-go]");
  if (go && drawer().contains(go)) { e.preventDefault(); openDrawer(go.dataset.drawerGo); }
  if (e.target.closest("[data-drawer-close]")) closeDrawer();
});

// an entry fetches its record, evidence and verdicts when first opened
document.addEventListener("toggle", (e) => {
  const d = e.target;
  if (!(d instanceof HTMLDetailsElement) || !d.open || !d.dataset.src || d.dataset.got) return;
  d.dataset.got = "1";
  htmx.ajax("GET", d.dataset.src, { target: d.querySelector(".zd-entrybody"), swap: "innerHTML" });
}, true);

function fromHash() {
  const m = location.hash.match(/^#fig=(.+)$/);
  if (!m) return;
  const url = decodeURIComponent(m[1]);
  if (/^\/[^/\\]/.test(url)) openDrawer(url, [...document.querySelectorAll("[data-fig]")].find((c) => c.dataset.fig === url));
}
addEventListener("hashchange", fromHash);
fromHash();
