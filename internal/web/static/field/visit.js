// A visit in a minute: everything in reach of a thumb, saved as it is typed.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { attachments } from "./media.js";
import { h, icon, button, primary, field, input, seg, chips, select, note, toast, go } from "./view.js";
import { t, clockOf } from "./words.js";
import { sync } from "./sync.js";

const WAYS = ["onsite", "received", "meeting", "phone", "video"];
const INTENTS = ["A", "B", "C", "D"];
const LEVELS = ["", "chair", "general", "deputy", "department", "other"];
const WANTS = ["hall", "labour", "power", "logistics", "policy", "land"];
const ENOUGH = 10;

const named = (key, list) => list.map(v => [v, v === "" ? t("level.none") : t(key + "." + v)]);

// visit is the form of a new visit; with item it is one of the outbox, to be mended.
export async function visit(_, query) {
	const mended = store.outbox.get(query.get("item"));
	const chosen = query.get("company") ?? mended?.body.company ?? "";
	const door = query.get("door") ?? "";
	const key = "visit:" + (mended ? mended.id : door || chosen || "new");
	const draft = (await moved(query.get("from"), key)) ?? (await vault.get("drafts", key)) ?? (mended ? draftOf(mended) : fresh(chosen));
	if (chosen) draft.company = chosen;
	if (door) draft.door = door;
	const pick = "#/firms?for=visit&from=" + key + (door ? "&door=" + door : "") + (mended ? "&item=" + mended.id : "");
	const errors = Object.fromEntries((mended?.receipt?.errors ?? []).map(e => [e.field, e.detail]));
	const saved = h("small", { class: "zf-saved", role: "status" });
	const save = saver(key, draft, saved);
	const form = h("form", { class: "zf-form", novalidate: true, oninput: () => save(read()), onsubmit: e => {
		e.preventDefault();
		submit(draft, read, key, mended, form);
	} });
	const read = () => reading(form, draft);
	form.append(...fields(draft, errors, save, read, pick), mended?.receipt?.detail && !Object.keys(errors).length ? note("alarm", "alert-circle", mended.receipt.detail) : "");
	return {
		title: t("visit_form"), back: mended ? "#/outbox" : draft.door ? "#/tower/" + store.library.doors.get(draft.door)?.building : chosen ? "#/firm/" + chosen : "#/", right: saved, main: form,
		foot: [primary(t("store"), () => form.requestSubmit(), { type: "button" })],
	};
}

// moved takes what was typed along when its organisation is chosen afterwards.
async function moved(from, to) {
	const draft = from && from !== to && (await vault.get("drafts", from));
	if (!draft) return null;
	await vault.putAll([{ store: "drafts", name: to, value: draft }, { store: "drafts", name: from }]);
	return draft;
}

const fresh = company => ({ id: vault.newID(), company, team: store.state.team, day: store.today(), way: "onsite", name: "", level: "", said: "", intent: "", wants: [], more: "", next_step: "", next_on: "", consent: false, files: [] });

// draftOf takes a record of the outbox apart again.
function draftOf(x) {
	const words = (x.body.wants ?? "").split(t("comma")).filter(Boolean);
	const codes = WANTS.filter(w => words.includes(t("want." + w)));
	const more = words.filter(w => !WANTS.some(c => t("want." + c) === w)).join(t("comma"));
	const person = store.outbox.get(x.body.contact)?.body?.name ?? store.library.people.get(x.body.contact)?.name ?? "";
	return { ...fresh(x.body.company), ...x.body, id: x.id, name: person, level: x.body.met_level ?? "", door: x.body.door ?? "", wants: codes, more, consent: !!person, files: x.files };
}

// saver keeps what is typed a moment after the typing, and says when.
function saver(key, draft, saved) {
	let timer;
	return values => {
		Object.assign(draft, values);
		clearTimeout(timer);
		timer = setTimeout(async () => {
			try {
				await vault.put("drafts", key, draft);
				saved.textContent = t("saved", clockOf(store.now()));
			} catch {
				saved.textContent = t("full");
			}
		}, 300);
	};
}

function reading(form, draft) {
	const f = new FormData(form);
	const text = name => (f.get(name) ?? "").toString();
	return {
		company: draft.company, door: draft.door, team: text("team") || draft.team, day: text("day"), way: text("way"), name: text("name"), level: text("level"), said: text("said"),
		intent: text("intent"), wants: f.getAll("want"), more: text("more"), next_step: text("next_step"), next_on: text("next_on"), consent: f.has("consent"), files: draft.files,
	};
}

function fields(draft, errors, save, read, pick) {
	const firm = store.firm(draft.company);
	const known = [...store.library.people.values()].filter(p => p.company === draft.company);
	const short = h("small", { class: "zf-short" });
	const count = () => {
		const left = ENOUGH - [...said.value.trim()].length;
		short.textContent = left > 0 && said.value ? t("lacking", left) : "";
	};
	const said = h("textarea", { name: "said", class: "zf-input", rows: 3, maxlength: 4000, value: draft.said, oninput: count });
	count();
	const saidField = field(t("said"), said, { error: errors.said, required: true });
	saidField.querySelector(".zf-label").append(short);
	return [
		field(t("firm"), firm
			? h("div", { class: "zf-chosen" }, icon("building-factory-2"), h("b", {}, firm.name), h("a", { class: "zf-x", href: pick, "aria-label": t("firm_other") }, icon("x")))
			: h("a", { class: "zf-input zf-pick", href: pick }, icon("search"), t("firm_pick")), { hint: [doorName(draft.door), firm?.own ? t("not_sent") : firm?.address].filter(Boolean).join(" · "), error: errors.company }),
		firm?.day && h("p", { class: "zf-meta" }, t("last_line", firm.day, [firm.level && t("level." + firm.level), firm.intent && t("intent." + firm.intent)].filter(Boolean).join(t("comma")))),
		field(t("how"), seg("way", draft.way, named("way", WAYS)), { hint: t("how_hint"), error: errors.way }),
		h("div", { class: "zf-two" }, field(t("met"), withList(input("name", draft.name, { maxlength: 60, placeholder: t("met_name") }), known), { error: errors.contact }),
			field(t("level"), select("level", draft.level, named("level", LEVELS)), { error: errors.met_level })),
		h("label", { class: "zf-check" }, h("input", { type: "checkbox", name: "consent", checked: draft.consent }), h("span", {}, t("consent"))),
		saidField,
		field(t("intent"), seg("intent", draft.intent, named("intent", INTENTS)), { error: errors.intent, required: true }),
		field(t("wants"), chips("want", draft.wants, named("want", WANTS)), { error: errors.wants }),
		h("div", { class: "zf-two wide" }, field(t("next"), input("next_step", draft.next_step, { maxlength: 200 }), { error: errors.next_step }),
			field(t("next_on"), input("next_on", draft.next_on, { type: "date" }), { error: errors.next_on })),
		attachments(draft.files, () => save(read())),
		h("details", { open: !!(errors.day || errors.team || draft.more) }, h("summary", {}, t("more")),
			field(t("day"), input("day", draft.day, { type: "date", max: store.today() }), { error: errors.day }),
			store.state.teams.length > 1 && field(t("team"), select("team", draft.team, store.state.teams.map(x => [x.id, x.name])), { error: errors.team }),
			field(t("wants_more"), input("more", draft.more, { maxlength: 500 }))),
		errors.evidence && note("alarm", "alert-circle", errors.evidence),
	].filter(Boolean);
}

const doorName = id => store.library.doors.get(id)?.room ?? "";

function withList(box, people) {
	if (!people.length) return box;
	box.setAttribute("list", "zf-people");
	return h("div", {}, box, h("datalist", { id: "zf-people" }, people.map(p => h("option", { value: p.name }, p.post ?? ""))));
}

// wrong says what is missing, in the order of the form.
function wrong(d) {
	const out = [];
	if (!d.company) out.push(t("need_firm"));
	if (!d.intent) out.push(t("need_intent"));
	if ([...d.said.trim()].length < ENOUGH && !d.files.some(f => f.type.startsWith("audio/"))) out.push(t("need_said"));
	if (d.day > store.today()) out.push(t("need_day"));
	return out;
}

async function submit(draft, read, key, mended, form) {
	Object.assign(draft, read());
	const bad = wrong(draft);
	form.querySelector(".zf-errors")?.remove();
	if (bad.length) {
		const box = note("alarm", "alert-circle", bad.map(x => h("p", {}, x)));
		box.classList.add("zf-errors");
		form.append(box);
		box.scrollIntoView({ block: "center" });
		return;
	}
	try {
		await store.record(await recordOf(draft, mended), key);
	} catch (e) {
		if (e instanceof store.Full) return toast(t("too_many", store.MAX_UNSENT));
		if (e.name === "QuotaExceededError") return toast(t("full"));
		throw e;
	}
	toast(t("stored"));
	go(draft.door ? "#/tower/" + store.library.doors.get(draft.door)?.building : "#/");
	sync();
}

// recordOf makes the record, and that of the person met when they agreed to be kept.
async function recordOf(d, mended) {
	const after = store.outbox.get(d.company)?.kind === "company" && store.outbox.get(d.company).state !== "sent" ? [d.company] : [];
	const body = { team: d.team, company: d.company, day: d.day, way: d.way, said: d.said.trim(), intent: d.intent };
	const wants = [...d.wants.map(w => t("want." + w)), d.more.trim()].filter(Boolean).join(t("comma"));
	for (const [k, v] of Object.entries({ met_level: d.level, wants, next_step: d.next_step.trim(), next_on: d.next_on })) if (v) body[k] = v;
	if (d.door) body.door = d.door;
	if (d.files.length) body.evidence = d.files.map(f => ({ sha256: f.sha256, name: f.name }));
	const name = d.name.trim();
	if (name && d.consent) {
		const known = [...store.library.people.values()].find(p => p.company === d.company && p.name === name) ?? store.unsent().find(x => x.kind === "contact" && x.body.company === d.company && x.body.name === name);
		if (known) body.contact = known.id;
		else {
			const made = await store.record({ id: vault.newID(), kind: "contact", title: name, after: [...after], body: { company: d.company, name, basis: "consent" } });
			body.contact = made.id;
		}
		if (store.outbox.get(body.contact) && store.outbox.get(body.contact).state !== "sent") after.push(body.contact);
	}
	return { id: d.id, kind: "visit", title: store.firm(d.company).name, at: mended?.at ?? Date.now() * 1000, after, body, files: d.files, state: "ready", receipt: null, tried: false };
}

// trip changes a visit that the server has: only what differs is sent, with what it was.
export async function trip(id) {
	const v = present(id);
	if (!v) return { title: t("gone_title"), back: "#/firms", main: h("p", {}, t("gone_text")) };
	const form = h("form", { class: "zf-form", onsubmit: e => {
		e.preventDefault();
		change(v, form);
	} },
	v.pending && note("info", "cloud-off", t("not_sent")),
	field(t("how"), seg("way", v.way, named("way", WAYS))),
	field(t("level"), select("met_level", v.met_level ?? "", named("level", LEVELS))),
	field(t("said"), h("textarea", { name: "said", class: "zf-input", rows: 4, maxlength: 4000, value: v.said ?? "" })),
	field(t("intent"), seg("intent", v.intent, named("intent", INTENTS))),
	field(t("wants"), h("textarea", { name: "wants", class: "zf-input", rows: 2, maxlength: 2000, value: v.wants ?? "" })),
	h("div", { class: "zf-two wide" }, field(t("next"), input("next_step", v.next_step ?? "", { maxlength: 200 })), field(t("next_on"), input("next_on", v.next_on ?? "", { type: "date" }))));
	return { title: v.name, sub: v.day, back: "#/firm/" + v.company, main: form, foot: primary(t("store"), () => form.requestSubmit()) };
}

const FIELDS = ["way", "met_level", "said", "intent", "wants", "next_step", "next_on"];

// present is a visit with the changes that are not sent yet.
function present(id) {
	const v = store.library.trips.get(id);
	if (!v) return null;
	const mine = store.unsent().filter(x => x.base && x.body.id === id);
	return mine.reduce((now, x) => ({ ...now, ...x.body, id, pending: x.id }), { ...v });
}

async function change(v, form) {
	const f = new FormData(form);
	const was = {};
	const body = { id: v.id };
	for (const k of FIELDS) {
		const next = (f.get(k) ?? "").toString().trim();
		if (next === (v[k] ?? "")) continue;
		was[k] = v[k] ?? "";
		body[k] = next;
	}
	if (!Object.keys(was).length) return go("#/firm/" + v.company);
	try {
		await store.record({ id: vault.newID(), kind: "visit", title: v.name, base: v.version, was, body, after: v.pending ? [v.pending] : [] });
	} catch (e) {
		if (e instanceof store.Full) return toast(t("too_many", store.MAX_UNSENT));
		if (e.name === "QuotaExceededError") return toast(t("full"));
		throw e;
	}
	toast(t("stored"));
	go("#/firm/" + v.company);
	sync();
}

export { button };
