// A new organisation and a new person at one.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { h, primary, button, field, input, seg, select, note, toast, go } from "./view.js";
import { t } from "./words.js";
import { sync } from "./sync.js";

// keep records and goes on; it says why when it cannot.
async function keep(item, draft, next) {
	try {
		await store.record(item, draft);
	} catch (e) {
		if (e instanceof store.Full) return toast(t("too_many", store.MAX_UNSENT));
		if (e.name === "QuotaExceededError") return toast(t("full"));
		throw e;
	}
	toast(t("stored"));
	go(next);
	sync();
}

const errorsOf = item => Object.fromEntries((item?.receipt?.errors ?? []).map(e => [e.field, e.detail]));

function trouble(item, errors, names) {
	const rest = Object.keys(errors).filter(k => !names.includes(k)).map(k => errors[k]);
	const text = rest.length ? rest : Object.keys(errors).length || !item?.receipt?.detail ? [] : [item.receipt.detail];
	return text.map(x => note("alarm", "alert-circle", x));
}

// draftForm is a form that is saved as it is typed, under one name.
async function draftForm(key, start, build, done) {
	const saved = await vault.get("drafts", key);
	const values = { ...start, ...saved };
	let timer;
	const read = form => Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, v.toString()]));
	const form = h("form", { class: "zf-form", novalidate: true, oninput: () => {
		clearTimeout(timer);
		timer = setTimeout(() => vault.put("drafts", key, { id: values.id, ...read(form) }).catch(() => toast(t("full"))), 300);
	}, onsubmit: e => {
		e.preventDefault();
		clearTimeout(timer);
		done({ id: values.id, ...read(form) });
	} }, build(values));
	return form;
}

export async function company(_, query) {
	const item = store.outbox.get(query.get("item"));
	const errors = errorsOf(item);
	const pick = query.get("for") === "visit" ? "&from=" + query.get("from") + ["item", "door"].map(k => (query.get(k) ? "&" + k + "=" + query.get(k) : "")).join("") : "";
	const key = "company:" + (item?.kind === "company" ? item.id : "new");
	const own = item?.kind === "company" ? item : null;
	const start = { id: vault.newID(), kind: "enterprise", name: query.get("name") ?? "", credit_code: "", address: "", ...own?.body, ...(own ? { id: own.id } : {}) };
	const form = await draftForm(key, start, v => [
		field(t("kind"), seg("kind", v.kind, [["enterprise", t("kind.enterprise")], ["association", t("kind.association")]])),
		field(t("name"), input("name", v.name, { maxlength: 200 }), { required: true, error: errors.name }),
		field(t("credit_code"), input("credit_code", v.credit_code, { maxlength: 40, autocapitalize: "characters" }), { hint: t("optional"), error: errors.credit_code }),
		field(t("address"), input("address", v.address, { maxlength: 300 }), { hint: t("optional"), error: errors.address }),
		...trouble(own, errors, ["name", "credit_code", "address"]),
	], v => {
		if (!v.name.trim()) return toast(t("need_name"));
		const body = { kind: v.kind, name: v.name.trim() };
		for (const k of ["credit_code", "address"]) if (v[k].trim()) body[k] = v[k].trim();
		keep({ id: v.id, kind: "company", title: body.name, body, at: own?.at ?? Date.now() * 1000, state: "ready", receipt: null, tried: false }, key, pick && !own ? "#/visit?company=" + v.id + pick : own ? "#/outbox" : "#/firm/" + v.id);
	});
	return { title: t("company_new"), back: own ? "#/outbox" : "#/firms", main: form, foot: primary(t("store"), () => form.requestSubmit()) };
}

const BASES = ["consent", "card", "public", "referred"];

export async function contact(_, query) {
	const item = store.outbox.get(query.get("item"));
	const errors = errorsOf(item);
	const at = item?.body.company ?? query.get("company");
	const firm = store.firm(at);
	const key = "contact:" + (item?.id ?? at);
	const start = { id: item?.id ?? vault.newID(), name: "", post: "", phone: "", basis: "consent", ...item?.body };
	const form = await draftForm(key, start, v => [
		field(t("name"), input("name", v.name, { maxlength: 60 }), { required: true, error: errors.name }),
		field(t("post"), input("post", v.post, { maxlength: 60 }), { hint: t("optional"), error: errors.post }),
		field(t("phone_no"), input("phone", v.phone, { maxlength: 30, inputmode: "tel" }), { hint: t("optional"), error: errors.phone }),
		field(t("basis"), select("basis", v.basis, BASES.map(b => [b, t("basis." + b)])), { error: errors.basis }),
		...trouble(item, errors, ["name", "post", "phone", "basis"]),
	], v => {
		if (!v.name.trim()) return toast(t("need_name"));
		const body = { company: at, name: v.name.trim(), basis: v.basis };
		for (const k of ["post", "phone"]) if (v[k].trim()) body[k] = v[k].trim();
		const own = store.outbox.get(at);
		const after = own?.kind === "company" && own.state !== "sent" ? [at] : [];
		keep({ id: v.id, kind: "contact", title: body.name, after, body, at: item?.at ?? Date.now() * 1000, state: "ready", receipt: null, tried: false }, key, item ? "#/outbox" : "#/firm/" + at);
	});
	return { title: t("contact_new"), sub: firm?.name, back: item ? "#/outbox" : "#/firm/" + at, main: form, foot: primary(t("store"), () => form.requestSubmit()) };
}

export { button };
