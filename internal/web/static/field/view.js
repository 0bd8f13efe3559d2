// Small parts that every screen is made of. Texts go in as text nodes only.
import { t } from "./words.js";

const icons = document.body.dataset.icons;

// h makes an element: attributes, then children. A function under on… listens; null and false are left out.
export function h(name, attrs = {}, ...children) {
	const e = document.createElement(name);
	for (const [k, v] of Object.entries(attrs)) {
		if (v === null || v === undefined || v === false) continue;
		if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
		else if (k === "value" || k === "checked" || k === "disabled" || k === "hidden") e[k] = v;
		else e.setAttribute(k, v === true ? "" : v);
	}
	e.append(...children.flat(3).filter(c => c !== null && c !== undefined && c !== false));
	return e;
}

export function icon(name) {
	const ns = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(ns, "svg");
	svg.setAttribute("class", "zf-icon");
	svg.setAttribute("aria-hidden", "true");
	const use = document.createElementNS(ns, "use");
	use.setAttribute("href", icons + "#" + name);
	svg.append(use);
	return svg;
}

export const button = (text, onclick, attrs = {}) => h("button", { type: "button", class: "zf-btn", onclick, ...attrs }, attrs.icon && icon(attrs.icon), text);
export const primary = (text, onclick, attrs = {}) => button(text, onclick, { class: "zf-btn zf-primary", ...attrs });

// field is a label over a control, with what is wrong under it.
export function field(label, control, { hint, error, required } = {}) {
	const id = "f-" + (control.name || label);
	const target = control.matches("input,textarea,select") ? control : control.querySelector("input,textarea,select");
	if (target && !control.matches(".zf-seg,.zf-chips")) target.id = id;
	if (error) {
		target?.setAttribute("aria-invalid", "true");
		target?.setAttribute("aria-describedby", id + "-e");
	}
	const group = control.matches(".zf-seg,.zf-chips");
	if (group) control.setAttribute("aria-label", label);
	return h("div", { class: "zf-field" + (error ? " wrong" : "") },
		h("div", { class: "zf-label" }, h(group ? "span" : "label", group ? {} : { for: id }, label, required && h("em", { "aria-hidden": "true" }, " *")), hint && h("small", {}, hint)),
		control,
		error && h("p", { class: "zf-error", id: id + "-e" }, icon("alert-circle"), error));
}

export function input(name, value, attrs = {}) {
	return h("input", { name, value: value ?? "", class: "zf-input", autocomplete: "off", ...attrs });
}

// seg is a choice of one among a few, all in sight.
export function seg(name, value, choices, onchange) {
	return h("div", { class: "zf-seg", role: "radiogroup" }, choices.map(([v, text]) =>
		h("label", {}, h("input", { type: "radio", name, value: v, checked: v === value, onchange: () => onchange?.(v) }), h("span", {}, text))));
}

// chips is a choice of any among a few.
export function chips(name, values, choices, onchange) {
	return h("div", { class: "zf-chips", role: "group" }, choices.map(([v, text]) =>
		h("label", {}, h("input", { type: "checkbox", name, value: v, checked: values.includes(v), onchange }), h("span", {}, text))));
}

export function select(name, value, choices, attrs = {}) {
	return h("select", { name, class: "zf-input", ...attrs }, choices.map(([v, text]) => {
		const o = h("option", { value: v }, text);
		o.selected = v === value;
		return o;
	}));
}

// note is a line that says something about the page.
export const note = (tone, name, ...children) => h("div", { class: "zf-note " + tone, role: tone === "alarm" ? "alert" : null }, icon(name), h("div", {}, children));

let toastTimer;

export function toast(text) {
	const box = document.getElementById("zf-toast") ?? document.body.appendChild(h("div", { id: "zf-toast", role: "status", "aria-live": "polite" }));
	box.textContent = text;
	box.className = "on";
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => (box.className = ""), 4000);
}

// ask opens a question and answers whether it was confirmed.
export function ask(title, text, yes) {
	return new Promise(done => {
		const d = h("dialog", { class: "zf-dialog", "aria-label": title },
			h("h2", {}, title), h("p", {}, text),
			h("div", { class: "zf-row" }, button(t("cancel"), () => d.close("no")), primary(yes, () => d.close("yes"), { class: "zf-btn zf-danger" })));
		d.addEventListener("close", () => {
			done(d.returnValue === "yes");
			d.remove();
		});
		document.body.append(d);
		d.showModal();
	});
}

export const go = hash => (location.hash = hash);
