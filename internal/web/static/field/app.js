// The offline page: opens the vault, draws the screen that the address names, and keeps the bars up to date.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { door, erased } from "./unlock.js";
import { h, icon, go } from "./view.js";
import { t, clockOf } from "./words.js";
import { start, sync, progress, onProgress } from "./sync.js";
import { today } from "./today.js";
import { firms, firmPage } from "./firms.js";
import { visit, trip } from "./visit.js";
import { company, contact } from "./forms.js";
import { outbox, item } from "./outbox.js";
import { phone } from "./phone.js";
import { towers, tower, door as doorPage } from "./sweep.js";

const root = document.getElementById("zf");
const screens = { "": today, firms, firm: firmPage, visit, trip, company, contact, outbox, item, phone, sweep: towers, tower, door: doorPage };
const TABS = [["", "calendar-check", "today"], ["sweep", "building", "sweep"], ["firms", "address-book", "firms"], ["outbox", "cloud-up", "outbox"], ["phone", "device-mobile", "phone"]];
const IDLE = 15 * 60000;

let bars = null;

// draw shows the screen of the address: #/name/id?options.
async function draw() {
	if (!vault.isOpen()) return;
	const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
	const [name, id] = path.split("/");
	const make = screens[name] ?? today;
	const turn = ++turns;
	live = false;
	const s = await make(id ?? "", new URLSearchParams(query));
	if (turn !== turns) return; // another screen was asked for meanwhile
	document.title = s.title + " · " + t("short");
	bars = h("div", { class: "zf-bars" });
	root.replaceChildren(
		h("header", { class: "zf-head" },
			s.back !== undefined && h("a", { class: "zf-back", href: s.back, "aria-label": t("back") }, icon("arrow-left")),
			h("div", { class: "zf-titles" }, h("h1", {}, s.title), s.sub && h("small", {}, s.sub)), s.right),
		bars,
		h("main", { class: "zf-main", id: "zf-main" }, s.main),
		h("footer", { class: "zf-foot" }, s.foot && h("div", { class: "zf-act" }, s.foot), s.back === undefined && tabs(name)));
	drawBars();
	if (shown !== location.hash) scrollTo(0, 0);
	shown = location.hash;
	live = !!s.live;
}

// again draws a screen anew that shows what changes by itself; forms stay as they are being typed.
let shown = "";
let live = false;
let soon = 0;
let turns = 0;

function again() {
	drawBars();
	clearTimeout(soon);
	soon = setTimeout(() => live && draw(), 100);
}

function tabs(on) {
	const n = store.unsent().length;
	return h("nav", { class: "zf-tabs", "aria-label": t("menu") }, TABS.map(([key, name, text]) =>
		h("a", { href: "#/" + key, "aria-current": key === on ? "page" : null }, icon(name), h("span", {}, t("tab." + text), key === "outbox" && n > 0 ? " " + n : ""))));
}

// drawBars says what is unsent, what went wrong, and that a new version waits.
function drawBars() {
	if (!bars) return;
	const n = store.unsent().length;
	const bad = store.troubled().length;
	const out = [];
	if (newer) out.push(h("div", { class: "zf-bar info" }, icon("refresh"), h("span", {}, t("newer")), h("button", { type: "button", class: "zf-mini", onclick: takeOver }, t("newer_now"))));
	if (n > 0) {
		out.push(h("a", { class: "zf-bar", href: "#/outbox" }, icon("cloud-off"), h("b", {}, t("unsent", n)), h("span", {}, bad ? t("attention", bad) : why()),
			store.state.synced > 0 && h("time", {}, clockOf(store.state.synced))));
	} else if (progress.trouble === "signin" || progress.trouble === "full") {
		out.push(h("a", { class: "zf-bar", href: "#/outbox" }, icon("alert-circle"), h("span", {}, why())));
	}
	bars.replaceChildren(...out);
}

const why = () => (progress.busy ? t("sending") : progress.trouble ? t("trouble." + progress.trouble) : t("kept"));

// A newer page is there: it takes over when its owner says so, after what was being typed is kept.
let newer = null;

function takeOver() {
	newer.postMessage("take-over");
}

async function watch() {
	if (!("serviceWorker" in navigator)) return;
	const had = navigator.serviceWorker.controller;
	navigator.serviceWorker.addEventListener("controllerchange", () => had && location.reload());
	const reg = await navigator.serviceWorker.register("/field/sw.js", { scope: "/field", updateViaCache: "none" }).catch(() => null);
	if (!reg) return;
	const found = w => {
		if (!w || !navigator.serviceWorker.controller) return;
		newer = w;
		drawBars();
	};
	found(reg.waiting);
	reg.addEventListener("updatefound", () => {
		const w = reg.installing;
		w?.addEventListener("statechange", () => w.state === "installed" && found(w));
	});
	setInterval(() => reg.update().catch(() => {}), 3600e3);
}

// A phone that lies about closes itself.
let away = 0;
document.addEventListener("visibilitychange", () => {
	if (document.visibilityState === "hidden") away = Date.now();
	else if (away && Date.now() - away > IDLE && vault.isOpen()) location.reload();
});

function opened() {
	addEventListener("hashchange", draw);
	store.onChange(again);
	onProgress(again);
	start(() => erased(root, begin, t("door.revoked")));
	draw();
}

const begin = () => door(root, opened);

// ready is for those who wait for the page: tests and the next screen.
document.documentElement.dataset.ready = "1";
watch();
begin();

export { go, sync };
