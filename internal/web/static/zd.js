// The page's own behaviour: htmx rules, menus, copying, toasts, preferences. Every page reads and every plain
// form works without it.
import { closeDrawer, drawerOpen } from "./figure.js";
import "./list.js";
import "./form.js";
import "./key.js";

const root = document.documentElement;
root.classList.add("js");

// one event list for htmx, so that moving to another version is one file
document.addEventListener("htmx:configRequest", (e) => {
  if (e.detail.verb !== "get") return;
  const p = e.detail.parameters; // empty filters stay out of the address
  for (const k of [...(p.keys ? p.keys() : Object.keys(p))]) if (p[k] === "" || (p.get && p.get(k) === "")) delete p[k];
});
document.addEventListener("htmx:sendError", () => notice(document.body.dataset.tOffline));
document.addEventListener("zd:unreachable", () => notice(document.body.dataset.tOffline));
document.addEventListener("htmx:timeout", () => notice(document.body.dataset.tOffline));
// what an outer swap replaced is out of the page: look at the whole of it then
document.addEventListener("htmx:afterSwap", (e) => { charts(e.target.isConnected ? e.target : document); toasts(); });

function notice(text) {
  const box = document.getElementById("zd-notice");
  if (!box) return;
  const n = document.createElement("div");
  n.className = "zd-note alarm";
  n.textContent = text;
  box.replaceChildren(n);
}

document.addEventListener("click", (e) => {
  const t = e.target;
  for (const d of document.querySelectorAll("details[data-pop][open]")) if (!d.contains(t)) d.open = false;
  const copy = t.closest("[data-copy],[data-copy-url]");
  if (copy) {
    const text = copy.dataset.copy ?? new URL(copy.dataset.copyUrl, location).href;
    navigator.clipboard?.writeText(text).then(() => {
      copy.classList.add("done");
      copy.title = document.body.dataset.tCopied;
      setTimeout(() => copy.classList.remove("done"), 2000);
    });
  }
  if (t.closest("[data-dismiss]")) t.closest(".zd-note")?.remove();
  if (t.closest("[data-print]")) print();
});

document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || e.isComposing || document.querySelector("dialog[open]")) return;
  const pop = document.querySelector("details[data-pop][open]");
  if (pop) { pop.open = false; pop.querySelector("summary").focus(); } else if (drawerOpen()) closeDrawer();
});

// row height changes at once; the server keeps it for the next page
document.addEventListener("submit", (e) => {
  const f = e.target.closest("[data-density-form]");
  if (!f || !e.submitter) return;
  e.preventDefault();
  const v = e.submitter.value;
  root.dataset.density = v;
  for (const b of document.querySelectorAll("[data-density-form] button")) b.setAttribute("aria-pressed", b.value === v);
  fetch(f.action, { method: "POST", body: new URLSearchParams({ density: v }) });
});

function toasts() {
  for (const t of document.querySelectorAll("[data-toast]:not([data-on])")) {
    t.dataset.on = "1";
    let left = 8;
    const tick = setInterval(() => {
      if (t.matches(":hover,:focus-within")) return;
      left--;
      const c = t.querySelector("[data-count]");
      if (c) c.textContent = `(${left})`;
      if (left <= 0) { clearInterval(tick); t.remove(); }
    }, 1000);
  }
}

function charts(scope) {
  if ((scope ?? document).querySelector?.("[data-chart]")) import("./chart.js").then((m) => m.draw(scope ?? document));
}

toasts();
charts(document);
