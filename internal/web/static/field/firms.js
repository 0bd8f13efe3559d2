// The organisations that are carried along: found by typing, without a network.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { h, icon, button, primary, go, input } from "./view.js";
import { t } from "./words.js";

let typed = "";

// firms lists them; with for=visit choosing one goes on with that visit.
export function firms(_, query) {
	const pick = query.get("for") === "visit" ? "&from=" + query.get("from") + ["item", "door"].map(k => (query.get(k) ? "&" + k + "=" + query.get(k) : "")).join("") : "";
	const list = h("ul", { class: "zf-list" });
	const sum = h("p", { class: "zf-meta", role: "status" });
	const fill = () => {
		const found = store.find(typed);
		list.replaceChildren(...found.list.map(x => row(x, pick)));
		sum.textContent = found.total === 0 ? t("firms_none") : t("firms_sum", found.total) + (store.state.full ? " · " + t("firms_full") : "");
	};
	const box = input("q", typed, { type: "search", placeholder: t("firms_search"), "aria-label": t("firms_search"), enterkeyhint: "search", oninput: e => {
		typed = e.target.value;
		fill();
	} });
	fill();
	return {
		title: t("firms"), back: pick ? "#/visit?" + pick.slice(1) : undefined, main: [h("div", { class: "zf-search" }, icon("search"), box), sum, list],
		foot: button(t("company_new"), () => go("#/company?name=" + encodeURIComponent(typed) + (pick && "&for=visit" + pick)), { icon: "plus" }),
	};
}

function row(x, pick) {
	const facts = [x.own ? t("not_sent") : "", x.day ? t("last_met", x.day) : "", x.intent ? t("intent." + x.intent) : "", x.address ?? ""].filter(Boolean).join(" · ");
	return h("li", {}, h("a", { href: pick ? "#/visit?company=" + x.id + pick : "#/firm/" + x.id },
		icon(x.kind === "association" ? "users-group" : "building-factory-2"), h("span", { class: "zf-grow" }, x.name, h("small", {}, facts)), icon("chevron-right")));
}

// firmPage is one of them with the people and the visits one has of it.
export async function firmPage(id) {
	const x = store.firm(id);
	if (!x) return { title: t("gone_title"), back: "#/firms", main: h("p", {}, t("gone_text")) };
	const people = [...store.library.people.values()].filter(p => p.company === id);
	const own = store.unsent().filter(p => p.kind === "contact" && p.body.company === id);
	const trips = [...store.library.trips.values()].filter(v => v.company === id).sort((a, b) => b.day.localeCompare(a.day));
	const draft = await vault.get("drafts", "visit:" + id);
	return {
		title: x.name, sub: x.code ?? x.credit_code ?? "", back: "#/firms",
		main: [
			h("dl", { class: "zf-dl" }, fact(t("address"), x.address), fact(t("last"), x.day && [x.day, x.level && t("level." + x.level), x.intent && t("intent." + x.intent)].filter(Boolean).join(" · "))),
			h("section", {}, h("h2", {}, t("people")),
				h("ul", { class: "zf-list" }, people.map(p => h("li", {}, h("div", {}, icon("user"), h("span", { class: "zf-grow" }, p.name, h("small", {}, [p.post, p.phone].filter(Boolean).join(" · ")))))),
					own.map(p => h("li", {}, h("div", {}, icon("user"), h("span", { class: "zf-grow" }, p.body.name, h("small", {}, t("not_sent"))))))),
				button(t("contact_new"), () => go("#/contact?company=" + id), { icon: "user-plus", class: "zf-mini" })),
			trips.length > 0 && h("section", {}, h("h2", {}, t("visits")),
				h("ul", { class: "zf-list" }, trips.map(v => h("li", {}, h("a", { href: "#/trip/" + v.id }, h("b", {}, v.day.slice(5)), h("span", { class: "zf-grow" }, t("way." + v.way) + " · " + t("intent." + v.intent), h("small", {}, v.said)), icon("chevron-right")))))),
		],
		foot: primary(draft ? t("visit_goon") : t("visit_here"), () => go("#/visit?company=" + id), { icon: "plus" }),
	};
}

const fact = (label, text) => text && [h("dt", {}, label), h("dd", {}, text)];
