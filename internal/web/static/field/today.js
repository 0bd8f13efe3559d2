// Today: what was promised for these days, and the way to a new visit.
import * as store from "./store.js";
import { h, icon, primary, go } from "./view.js";
import { t, weekday, dayOf } from "./words.js";
import { held } from "./sweep.js";

const AHEAD = 7;

// plan are the next steps of visits that are due by a day; what was promised longest comes first.
function plan(until) {
	return [...store.library.trips.values()].filter(x => x.next_on && x.next_on <= until && !met(x)).sort((a, b) => a.next_on.localeCompare(b.next_on));
}

// met: somebody went there after the step was promised.
const met = x => [...store.library.trips.values()].some(y => y.company === x.company && y.day > x.day) || store.unsent().some(y => y.kind === "visit" && !y.base && y.body.company === x.company);

// gone: a visit on this phone did it already.
const gone = x => x.company && store.unsent().some(y => y.kind === "visit" && !y.base && y.body.company === x.company && y.body.day >= x.day);

export function today() {
	const day = store.today();
	const list = plan(dayOf(store.now() + AHEAD * 864e5));
	const due = list.filter(x => x.next_on <= day);
	const later = list.filter(x => x.next_on > day);
	const errands = [...store.library.plan.values()].filter(x => x.day <= day && !gone(x)).sort((a, b) => (a.day + (a.at ?? "")).localeCompare(b.day + (b.at ?? "")));
	const done = [...store.library.trips.values()].filter(x => x.mine && x.day === day).length + store.unsent().filter(x => x.kind === "visit" && !x.base && x.body.day === day).length;
	const buildings = held();
	return {
		live: true, title: t("today") + " " + day.slice(5),
		sub: weekday(day) + " · " + t("today_sum", done, due.length + errands.length),
		main: [errands.length > 0 && h("section", {}, h("h2", {}, t("plan")), h("ul", { class: "zf-list" }, errands.map(x => h("li", {}, h("a", { href: x.company ? "#/firm/" + x.company : "#/tower/" + x.tower },
			h("b", { class: x.day < day ? "late" : "" }, x.day < day ? x.day.slice(5) : x.at || t("any_time")), h("span", { class: "zf-grow" }, x.name, x.purpose && h("small", {}, x.purpose)), icon("chevron-right")))))), section(t("plan_due"), due, day), later.length > 0 && section(t("plan_later"), later, day), buildings && h("section", {}, h("h2", {}, t("tab.sweep")), buildings), store.state.synced === 0 && h("p", { class: "zf-meta" }, t("loading"))],
		foot: primary(t("visit_new"), () => go("#/visit"), { icon: "plus" }),
	};
}

function section(title, list, day) {
	return h("section", {}, h("h2", {}, title),
		list.length ? h("ul", { class: "zf-list" }, list.map(x => h("li", {}, h("a", { href: "#/firm/" + x.company },
			h("b", { class: x.next_on < day ? "late" : "" }, x.next_on.slice(5)), h("span", { class: "zf-grow" }, x.name, h("small", {}, x.next_step)), icon("chevron-right")))))
			: h("p", { class: "zf-meta" }, t("plan_none")));
}
