// What is not sent, what the server will not take and why, and what went through.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { h, icon, button, primary, note, ask, go, toast } from "./view.js";
import { t, clockOf, dayOf } from "./words.js";
import { sync, progress } from "./sync.js";

const ICONS = { visit: "walk", company: "building-factory-2", contact: "user", door: "building" };

export function outbox() {
	const bad = store.troubled();
	const wait = store.waiting();
	const sent = [...store.outbox.values()].filter(x => x.state === "sent").sort((a, b) => b.sent - a.sent).slice(0, 50);
	return {
		live: true, title: t("outbox"), sub: store.state.synced ? t("synced", dayOf(store.state.synced).slice(5) + " " + clockOf(store.state.synced)) : "",
		main: [
			progress.trouble && note(progress.trouble === "signin" ? "alarm" : "due", "cloud-off", t("trouble." + progress.trouble), progress.problem?.detail && h("p", {}, progress.problem.detail)),
			progress.trouble === "signin" && h("a", { class: "zf-btn", href: "/login?next=/field" }, t("door.signin")),
			bad.length > 0 && part(t("box_bad"), bad), part(t("box_wait"), wait, t("box_none")), sent.length > 0 && part(t("box_sent"), sent),
			wait.length > 0 && h("p", { class: "zf-meta" }, t("keep_open")),
		],
		foot: primary(progress.busy ? t("sending") : t("send_now"), async () => {
			await sync();
			dispatchEvent(new Event("hashchange"));
		}, { icon: "refresh", disabled: progress.busy }),
	};
}

function part(title, list, none) {
	return h("section", {}, h("h2", {}, title), list.length
		? h("ul", { class: "zf-list" }, list.map(x => h("li", {}, h("a", { href: "#/item/" + x.id }, icon(ICONS[x.kind] ?? "file"),
			h("span", { class: "zf-grow" }, x.title, h("small", { class: store.troubled().includes(x) ? "late" : "" }, line(x))), icon("chevron-right")))))
		: h("p", { class: "zf-meta" }, none));
}

const line = x => [t("kind." + x.kind), clockOf(x.at / 1000 + store.state.offset), stateOf(x)].join(" · ");

function stateOf(x) {
	if (x.state === "sent") return t("sent." + x.receipt.state);
	if (x.state === "held") return t("held." + (x.receipt.code === "files" ? "files" : "chain"));
	if (x.files?.length && x.state === "ready") return t("files_sent", x.files.filter(f => f.sent).length, x.files.length);
	return t("state." + x.state);
}

// item is one record: what the server said of it, and what can be done.
export function item(id) {
	const x = store.outbox.get(id);
	if (!x) return { title: t("gone_title"), back: "#/outbox", main: h("p", {}, t("gone_text")) };
	const fix = x.receipt?.code === "company_exists" && x.receipt.errors?.find(e => e.fix)?.fix;
	const main = [
		h("dl", { class: "zf-dl" }, h("dt", {}, t("kind")), h("dd", {}, t("kind." + x.kind)), h("dt", {}, t("recorded")), h("dd", {}, dayOf(x.at / 1000 + store.state.offset) + " " + clockOf(x.at / 1000 + store.state.offset)), h("dt", {}, t("state")), h("dd", {}, stateOf(x))),
		x.receipt?.skewed && note("due", "clock", t("skewed")),
		x.receipt?.detail && note(x.state === "refused" ? "alarm" : "due", "alert-circle", x.receipt.detail, (x.receipt.errors ?? []).map(e => h("p", {}, e.detail))),
		x.state === "conflict" && (x.receipt.theirs ? sides(x) : note("alarm", "alert-circle", t("conflict.id"))),
		x.state === "sent" && x.receipt.state !== "dropped" && x.kind === "visit" && x.object && h("a", { class: "zf-btn", href: "/visits/" + x.object }, t("open_online")),
		fix && button(t("use_theirs"), async () => {
			await store.retarget(id, fix);
			toast(t("stored"));
			go("#/outbox");
			sync();
		}, { icon: "arrow-merge" }),
		x.state === "conflict" && !x.receipt.theirs && button(t("send_anew"), () => anew(x), { icon: "refresh" }),
		x.state !== "sent" && x.state !== "held" && (x.state !== "ready" || !x.tried) && button(t("discard"), async () => {
			if (!(await ask(t("discard"), t("discard_text", x.title), t("discard_yes")))) return;
			await store.discard(id);
			go("#/outbox");
		}, { icon: "trash" }),
	];
	const form = { visit: "#/visit?item=", company: "#/company?item=", contact: "#/contact?item=" }[x.kind];
	const mend = store.mendable(x) && !x.base && form && !fix;
	return { live: x.state !== "conflict", title: x.title, sub: t("kind." + x.kind), back: "#/outbox", main, foot: mend && primary(x.state === "refused" ? t("mend") : t("change"), () => go(form + id)) };
}

// sides shows a conflict: what is there now beside what was recorded here, field by field.
function sides(x) {
	const form = h("form", { class: "zf-sides", onsubmit: e => {
		e.preventDefault();
		resolve(x, new FormData(form));
	} },
	h("p", {}, t("conflict.text")),
	Object.entries(x.receipt.theirs).map(([k, theirs]) => h("fieldset", {}, h("legend", {}, t("field." + k)), h("div", { class: "zf-two" },
		side(k, "mine", t("conflict.mine"), shown(k, x.body[k])), side(k, "theirs", t("conflict.theirs"), shown(k, theirs))))),
	h("button", { type: "submit", class: "zf-btn zf-primary" }, t("conflict.take")));
	return form;
}

const side = (k, v, label, text) => h("label", { class: "zf-side" }, h("input", { type: "radio", name: k, value: v, required: true }), h("b", {}, label), h("span", {}, text || "—"));

function shown(k, v) {
	const key = { way: "way.", intent: "intent.", met_level: "level." }[k];
	return key && v ? t(key + v) : v;
}

// resolve sends what was chosen over what is there now, as a new record; the old one goes.
async function resolve(x, chosen) {
	const body = { id: x.body.id };
	const was = {};
	for (const k of Object.keys(x.was)) {
		const theirs = x.receipt.theirs[k];
		if (theirs !== undefined && chosen.get(k) !== "mine") continue;
		body[k] = x.body[k];
		was[k] = theirs ?? x.was[k];
	}
	const left = Object.keys(was).length > 0;
	const id = vault.newID();
	if (left) await store.record({ id, kind: x.kind, title: x.title, base: x.receipt.version, was, body, files: x.files ?? [] });
	await store.replace(x.id, left ? id : "");
	toast(t("stored"));
	go("#/outbox");
	sync();
}

// anew sends a record under another id: its own holds something else.
async function anew(x) {
	const id = vault.newID();
	await store.record({ ...x, id, state: "ready", receipt: null, tried: false });
	await store.replace(x.id, id);
	go("#/outbox");
	sync();
}
