// Forms: the focus goes to the error summary, a fix fills in its value, leaving with unsaved changes asks,
// Ctrl-Enter submits, files can be dropped, long choices are found by typing.
const dirty = new Set();

function ready(scope) {
  scope.querySelector?.("[data-summary]")?.focus();
  const picks = scope.querySelectorAll?.("select[data-pick]:not(.tomselected)") ?? [];
  if (picks.length) library().then(() => picks.forEach(pick));
}

document.addEventListener("input", (e) => {
  const f = e.target.closest("form[data-form]");
  if (f && f.method === "post") dirty.add(f);
});
document.addEventListener("submit", (e) => {
  if (!unsure(e)) dirty.delete(e.target);
});

// A form leaves the page only when the server answers: the browser's own error page would take what was typed with it.
function unsure(e) {
  const f = e.target;
  if (!f.matches("form[data-form]") || f.method !== "post" || e.defaultPrevented || f.dataset.state === "sure") return false;
  e.preventDefault();
  if (f.dataset.state) return true; // a second press while the first is on its way
  f.dataset.state = "asking";
  fetch("/healthz", { cache: "no-store" }).then(() => {
    f.dataset.state = "sure";
    f.requestSubmit(e.submitter);
    f.dataset.state = "sent";
  }).catch(() => { f.dataset.state = ""; document.dispatchEvent(new Event("zd:unreachable")); });
  return true;
}
addEventListener("pageshow", () => { for (const f of document.querySelectorAll("form[data-state]")) delete f.dataset.state; });
addEventListener("beforeunload", (e) => {
  for (const f of dirty) if (f.isConnected) { e.preventDefault(); return; }
});

document.addEventListener("click", (e) => {
  const fix = e.target.closest("[data-fix]");
  if (!fix) return;
  const i = document.getElementById(fix.dataset.for);
  if (!i) return;
  i.value = fix.dataset.fix;
  i.classList.remove("is-bad");
  i.dispatchEvent(new Event("input", { bubbles: true }));
  i.focus();
});

document.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isComposing || !e.target.form) return;
  e.preventDefault(); // or the browser submits a second time by itself
  e.target.form.requestSubmit();
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (e) => {
    const d = e.target.closest?.("[data-drop]");
    if (!d) return;
    e.preventDefault();
    d.classList.toggle("over", kind === "dragover");
    if (kind === "drop") {
      const i = d.querySelector("input");
      i.files = e.dataTransfer.files;
      i.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}
document.addEventListener("change", (e) => {
  const out = e.target.closest("[data-drop]")?.querySelector("output");
  if (out) out.textContent = [...e.target.files].map((f) => f.name).join(", ");
});

let loading = null;
function library() {
  loading ??= new Promise((done, fail) => {
    const s = document.createElement("script");
    s.src = document.body.dataset.pickScript;
    s.onload = done;
    s.onerror = fail;
    document.head.append(s);
  });
  return loading;
}

function pick(sel) {
  const src = sel.dataset.pick;
  sel.setAttribute("aria-hidden", "true"); // its label now names the box one types in
  new TomSelect(sel, {
    valueField: "value", labelField: "text", searchField: ["text", "hint", "keys"], maxOptions: 50, placeholder: sel.dataset.placeholder,
    plugins: sel.multiple ? ["remove_button"] : [],
    load: src ? (q, done) => fetch(src + (src.includes("?") ? "&" : "?") + new URLSearchParams({ q }), { headers: { Accept: "application/json" } })
      .then((r) => (r.ok ? r.json() : [])).then(done, () => done()) : null,
    shouldLoad: (q) => q.length > 0,
    score: src ? () => () => 1 : undefined, // the server has chosen and ordered
    render: { no_results: () => { const d = document.createElement("div"); d.className = "no-results"; d.textContent = document.body.dataset.tNone; return d; } },
  });
}

document.addEventListener("htmx:afterSwap", (e) => ready(e.target));
ready(document);
