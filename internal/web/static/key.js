// The keyboard: Ctrl-K palette, / search, letters of buttons, g and a letter, [ ] neighbours, ? help. Nothing
// happens while typing, while a dialog is open, or while an input method composes.
const $ = (s, r = document) => r.querySelector(s);
let went = 0;

export function typing(e) {
  const t = e.target;
  return e.isComposing || e.keyCode === 229 || t.isContentEditable || /^(TEXTAREA|SELECT)$/.test(t.tagName) ||
    (t.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(t.type));
}

function openPalette(text) {
  const d = $("#zd-palette");
  if (!d) return false;
  d.showModal();
  const i = $("input", d);
  i.value = text ?? "";
  i.focus();
  filter(i.value);
  return true;
}

function links() { return [...document.querySelectorAll("#zd-palette a")].filter((a) => a.offsetParent); }

function filter(text) {
  const t = text.trim().toLowerCase();
  for (const li of document.querySelectorAll("#zd-commands li")) li.hidden = t !== "" && !li.textContent.toLowerCase().includes(t);
  mark(0);
}

function mark(i) {
  const ls = links();
  for (const a of document.querySelectorAll("#zd-palette a.cur")) a.classList.remove("cur");
  if (ls.length) { const a = ls[Math.max(0, Math.min(i, ls.length - 1))]; a.classList.add("cur"); a.scrollIntoView({ block: "nearest" }); }
}

document.addEventListener("input", (e) => { if (e.target.closest("#zd-palette")) filter(e.target.value); });
document.addEventListener("click", (e) => {
  if (e.target.closest("[data-palette]") && openPalette()) e.preventDefault();
  if (e.target.tagName === "DIALOG") e.target.close(); // on the backdrop
});
document.addEventListener("focusin", (e) => {
  if (e.target.closest("form[data-palette]") && !$("dialog[open]") && e.target.matches("input")) { e.target.blur(); openPalette(); }
});

document.addEventListener("keydown", (e) => {
  if (e.isComposing || e.keyCode === 229) return;
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { if (openPalette()) e.preventDefault(); return; }
  if (e.target.closest?.("#zd-palette")) {
    const ls = links(), i = ls.findIndex((a) => a.classList.contains("cur"));
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); mark(i + (e.key === "ArrowDown" ? 1 : -1)); }
    if (e.key === "Enter" && ls[i]) { e.preventDefault(); ls[i].click(); }
    return;
  }
  if (typing(e) || e.ctrlKey || e.metaKey || e.altKey || $("dialog[open]")) return;
  const k = e.key;
  if (went && Date.now() - went < 1500) {
    went = 0;
    const a = $(`[data-go="${CSS.escape(k)}"]`);
    if (a) { e.preventDefault(); a.click(); }
    return;
  }
  if (k === "g") { went = Date.now(); return; }
  if (k === "?") { $("#zd-keys")?.showModal(); e.preventDefault(); return; }
  if (k === "/") { const s = $("[data-search]"); e.preventDefault(); s ? s.focus() : openPalette(); return; }
  if (k === "[" || k === "]") { $(`[data-neighbour="${k}"]`)?.click(); return; }
  const b = [...document.querySelectorAll("[data-key]")].find((x) => x.dataset.key.toLowerCase() === k.toLowerCase() && !x.disabled && x.offsetParent);
  if (b) { e.preventDefault(); b.click(); }
});
