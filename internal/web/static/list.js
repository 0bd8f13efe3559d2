// Lists: the keyboard row (j, k, Enter, x), choosing ranges with Shift, all results, loading more.
import { typing } from "./key.js";

let last = null;
const boxes = (f) => [...f.querySelectorAll("tbody input[name=ids]")];

function recount(f) {
  const n = boxes(f).filter((b) => b.checked).length;
  const out = f.querySelector("[data-selected]");
  const all = f.classList.contains("all");
  if (out) out.textContent = all ? out.dataset.everything : out.dataset.selected.replace("{0}", n.toLocaleString("en-US"));
  const head = f.querySelector("[data-select-page]");
  if (head) { head.checked = n > 0 && n === boxes(f).length; head.indeterminate = n > 0 && !head.checked; }
}

function setAll(f, on) {
  const h = f.querySelector("[data-all]");
  if (h) h.value = on ? h.dataset.all : "";
  f.classList.toggle("all", on);
}

document.addEventListener("click", (e) => {
  const f = e.target.closest("[data-list]");
  if (!f) return;
  const box = e.target.closest("input[name=ids]");
  if (box) {
    const all = boxes(f);
    if (e.shiftKey && last && all.includes(last)) {
      const [a, b] = [all.indexOf(last), all.indexOf(box)].sort((x, y) => x - y);
      for (const x of all.slice(a, b + 1)) x.checked = box.checked;
    }
    last = box;
    setAll(f, false);
  } else if (e.target.closest("[data-select-page]")) {
    for (const x of boxes(f)) x.checked = e.target.checked;
    setAll(f, false);
  } else if (e.target.closest("[data-select-all]")) {
    for (const x of boxes(f)) x.checked = true;
    setAll(f, true);
  } else if (e.target.closest("[data-select-none]")) {
    for (const x of boxes(f)) x.checked = false;
    setAll(f, false);
    const s = f.querySelector(".zd-selbar .zd-check");
    if (s) s.checked = true;
  } else return;
  recount(f);
});

document.addEventListener("htmx:afterSettle", () => {
  for (const f of document.querySelectorAll("[data-list]")) recount(f);
  const foot = document.querySelector("[data-loaded]"), rows = document.querySelectorAll("#zd-rows > tr").length;
  if (foot && rows) foot.textContent = foot.dataset.loaded.replace("{0}", rows.toLocaleString("en-US"));
});

document.addEventListener("keydown", (e) => {
  if (typing(e) || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const i = rows.findIndex((r) => r.classList.contains("cur"));
  if (e.key === "j" || e.key === "k") {
    const n = Math.max(0, Math.min(rows.length - 1, i < 0 ? 0 : i + (e.key === "j" ? 1 : -1)));
    rows[i]?.classList.remove("cur");
    rows[n].classList.add("cur");
    rows[n].scrollIntoView({ block: "nearest" });
    e.preventDefault();
  } else if (i >= 0 && e.key === "Enter" && e.target.closest("a,button,summary") === null && rows[i].dataset.url) {
    keepList(rows[i].dataset.url);
    location.href = rows[i].dataset.url;
  } else if (i >= 0 && e.key === "x") {
    rows[i].querySelector("input[name=ids]")?.click();
  }
});
for (const f of document.querySelectorAll("[data-list]")) recount(f);

// The list a record was opened from goes along: its addresses in their order, for "previous" and "next".
const LIST = "zd_list";
const pathOf = (u) => new URL(u, location).pathname;

function keepList(to) {
  const urls = [...document.querySelectorAll("#zd-rows > [data-row]")].map((r) => r.dataset.url).filter(Boolean);
  if (urls.length > 1 && urls.some((u) => pathOf(u) === pathOf(to))) sessionStorage.setItem(LIST, JSON.stringify(urls));
}
document.addEventListener("click", (e) => {
  const row = e.target.closest("#zd-rows > [data-row]"), a = e.target.closest("a[href]");
  if (row && a && row.dataset.url && pathOf(a.href) === pathOf(row.dataset.url)) keepList(a.href);
}, true);

const box = document.querySelector("[data-neighbours]");
if (box) {
  let urls = [];
  try { urls = JSON.parse(sessionStorage.getItem(LIST)) ?? []; } catch { /* nothing was kept */ }
  const at = urls.findIndex((u) => pathOf(u) === location.pathname);
  if (at >= 0) {
    box.querySelector("span").textContent = box.dataset.of.replace("{0}", at + 1).replace("{1}", urls.length);
    for (const [key, to] of [["[", urls[at - 1]], ["]", urls[at + 1]]]) {
      const a = box.querySelector(`[data-neighbour="${key}"]`);
      if (to) a.href = to; else a.remove();
    }
    box.hidden = false;
  }
}
