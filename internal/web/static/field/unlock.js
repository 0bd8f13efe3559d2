// The door: enrolling a phone with a PIN, and opening it again.
import * as vault from "./vault.js";
import * as store from "./store.js";
import { h, icon, button, primary, field, input, note, ask } from "./view.js";
import { t, lang, speak } from "./words.js";
import { who, enrol, revoked, Trouble } from "./net.js";
import { sync, progress } from "./sync.js";

const PIN = /^\d{6,12}$/;

function frame(root, ...children) {
	const other = lang === "zh" ? ["en", "English"] : ["zh", "中文"];
	root.replaceChildren(h("main", { class: "zf-main zf-door" },
		h("div", { class: "zf-brand" }, h("img", { src: document.querySelector("link[rel=icon]").href, alt: "", width: 44, height: 44 }), h("h1", {}, t("app"))),
		...children,
		h("button", { type: "button", class: "zf-link", lang: other[0], onclick: () => {
			speak(other[0]);
			location.reload();
		} }, other[1])));
}

const pinInput = (name, label, attrs = {}) => field(label, input(name, "", { type: "password", inputmode: "numeric", maxlength: 12, autocomplete: "off", ...attrs }));

// door shows what is needed until the phone is open, then calls done.
export async function door(root, done) {
	const known = await vault.exists();
	if (known) return unlock(root, known, done);
	frame(root, h("p", {}, t("door.wait")));
	let me = null;
	try {
		me = await who();
	} catch (e) {
		if (!(e instanceof Trouble)) throw e;
		return frame(root, note("due", "cloud-off", t("door.first_online")), primary(t("again"), () => door(root, done)));
	}
	if (!me) return frame(root, h("p", {}, t("door.text")), h("a", { class: "zf-btn zf-primary", href: "/login?next=/field" }, t("door.signin")));
	setup(root, me, done);
}

function setup(root, me, done, error) {
	const form = h("form", { onsubmit: async e => {
		e.preventDefault();
		const pin = form.elements.pin.value;
		if (!PIN.test(pin)) return setup(root, me, done, t("door.pin_rule"));
		if (pin !== form.elements.again.value) return setup(root, me, done, t("door.pin_differ"));
		form.querySelector("button").disabled = true;
		try {
			const got = await enrol();
			await vault.create(pin, got.device.id);
			await store.saveState({ person: got.person, name: got.name, secret: got.secret, device: got.device.id, until: Date.now() + 72 * 3600e3, seen: Date.now() });
			navigator.storage?.persist?.();
			done();
		} catch (err) {
			if (!(err instanceof Trouble)) throw err;
			setup(root, me, done, err.problem?.detail || t("trouble." + err.kind));
		}
	} },
	h("p", {}, t("door.hello", me.name)), h("p", {}, t("door.setup")),
	pinInput("pin", t("door.pin_new")), pinInput("again", t("door.pin_again")),
	error && note("alarm", "alert-circle", error),
	h("button", { type: "submit", class: "zf-btn zf-primary" }, t("door.enrol")),
	h("p", { class: "zf-meta" }, t("door.risk")));
	frame(root, form);
	form.elements.pin.focus();
}

async function unlock(root, known, done, error) {
	const form = h("form", { onsubmit: async e => {
		e.preventDefault();
		form.querySelector("button").disabled = true;
		const got = await vault.unlock(form.elements.pin.value);
		if (got === "wrong") {
			const now = await vault.exists();
			return unlock(root, now, done, t("door.wrong", vault.MAX_TRIES - now.tries));
		}
		if (got === "gone") return erased(root, done, t("door.gone"));
		await store.load();
		if (store.leaseOver()) await renew(root, known, done);
		else done();
	} },
	pinInput("pin", t("door.pin"), { autofocus: true }),
	error && note("alarm", "alert-circle", error),
	h("button", { type: "submit", class: "zf-btn zf-primary" }, t("door.open")));
	frame(root, form, h("button", { type: "button", class: "zf-link", onclick: async () => {
		if (await ask(t("erase"), t("door.erase_text"), t("erase_yes"))) {
			await vault.erase();
			door(root, done);
		}
	} }, t("door.forgot")));
	form.elements.pin.focus();
	if (await revoked(known.device)) {
		await vault.erase();
		erased(root, done, t("door.revoked"));
	}
}

// renew hears of the server before anything is shown: the lease is over.
async function renew(root, known, done) {
	frame(root, h("p", {}, t("door.renew")));
	await sync();
	if (!vault.isOpen()) return erased(root, done, t("door.revoked"));
	if (!store.leaseOver()) return done();
	vault.lock();
	const why = progress.trouble;
	frame(root, note("due", "clock", t("door.lease")), h("p", {}, t("trouble." + (why || "offline"))),
		why === "signin" && h("a", { class: "zf-btn zf-primary", href: "/login?next=/field" }, t("door.signin")),
		button(t("again"), () => door(root, done)));
}

// erased says that nothing is left, and why.
export function erased(root, done, why) {
	frame(root, note("alarm", "shield-lock", why), primary(t("door.anew"), () => door(root, done)));
}

export { icon };
