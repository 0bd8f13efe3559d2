// Buildings the team holds, floor by floor: what is behind a door is said with two touches.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { h, icon, primary, button, field, input, note, toast, go } from "./view.js";
import { t } from "./words.js";
import { sync } from "./sync.js";

const STATES = ["met", "nobody", "refused", "moved", "vacant", "not_a_target"];

// known is a door with what was recorded here and is not sent yet.
function known(d) {
	const mine = store.unsent().filter(x => (x.kind === "door" && x.body.door === d.id) || (x.kind === "visit" && x.body?.door === d.id));
	const last = mine.at(-1);
	if (!last) return d;
	return last.kind === "visit" ? { ...d, state: "met", intent: last.body.intent, occupant: store.firm(last.body.company)?.name ?? d.occupant, unsent: true } : { ...d, state: last.body.state, occupant: last.body.occupant ?? d.occupant, unsent: true };
}

const doorsOf = id => [...store.library.doors.values()].filter(d => d.building === id).map(known);
const touched = (d, since) => d.state && (d.unsent || d.on >= since);

// held lists the buildings, the one that ends first at the top; null when there is none.
export function held() {
	const list = [...store.library.towers.values()].sort((a, b) => a.until.localeCompare(b.until));
	return list.length ? h("ul", { class: "zf-list" }, list.map(x => {
			const doors = doorsOf(x.id);
			return h("li", {}, h("a", { href: "#/tower/" + x.id }, icon("building"), h("span", { class: "zf-grow" }, x.name,
				h("small", {}, [x.place, t("held_until", x.until.slice(5)), t("walked", doors.filter(d => touched(d, x.since)).length, doors.length)].join(" · "))), icon("chevron-right")));
	})) : null;
}

export const towers = () => ({ title: t("tab.sweep"), live: true, main: held() ?? h("p", { class: "zf-meta" }, t("towers_none")) });

let open = false;

export function tower(id) {
	const x = store.library.towers.get(id);
	if (!x) return { title: t("gone_title"), back: "#/sweep", main: h("p", {}, t("gone_text")) };
	const doors = doorsOf(id);
	const done = doors.filter(d => touched(d, x.since)).length;
	const floors = [...new Set(doors.map(d => d.floor))].sort((a, b) => b - a);
	const shown = f => doors.filter(d => d.floor === f && (!open || !touched(d, x.since))).sort((a, b) => a.room.localeCompare(b.room, undefined, { numeric: true }));
	return {
		title: x.name, sub: [x.place, t("held_until", x.until.slice(5))].join(" · "), back: "#/sweep", live: true,
		main: [
			h("div", { class: "zf-row" }, h("b", {}, t("floors")), h("span", { class: "zf-meta" }, t("walked", done, doors.length)), h("progress", { class: "zf-progress", max: doors.length || 1, value: done, "aria-label": t("floors") }),
				button(open ? t("show_all") : t("show_open"), () => {
					open = !open;
					dispatchEvent(new Event("hashchange"));
				}, { class: "zf-mini" })),
			floors.length === 0 && h("p", { class: "zf-meta" }, t("doors_none")),
			floors.map(f => [f, shown(f)]).filter(([, list]) => list.length).map(([f, list]) => h("div", { class: "zf-floor" }, h("b", {}, t("floor", f)), h("div", { class: "zf-doors" }, list.map(unit)))),
		],
		foot: primary(t("visit_new"), () => go("#/visit"), { icon: "plus" }),
	};
}

const unit = d => h("a", { class: ["zf-unit", d.state, d.unsent && "unsent"].filter(Boolean).join(" "), href: "#/door/" + d.id },
	h("span", {}, d.room, d.intent && h("i", {}, d.intent)), h("small", {}, d.state && d.state !== "met" ? t("door." + d.state) : d.occupant?.replace(/^\p{Script=Han}{2,3}市/u, "") || t("door.new")));

// door says what was found; a meeting goes on with the visit, which knocks at the door by itself.
export async function door(id) {
	const raw = store.library.doors.get(id);
	if (!raw) return { title: t("gone_title"), back: "#/sweep", main: h("p", {}, t("gone_text")) };
	const d = known(raw);
	const tower = store.library.towers.get(d.building);
	const quiet = d.quiet && d.quiet >= store.today();
	const name = input("occupant", "", { maxlength: 120, placeholder: d.occupant ?? "" });
	const keep = async state => {
		const body = { door: id, day: store.today(), state };
		if (name.value.trim()) body.occupant = name.value.trim();
		try {
			await store.record({ id: vault.newID(), kind: "door", title: tower.name + " " + d.room, body });
		} catch (e) {
			return toast(e instanceof store.Full ? t("too_many", store.MAX_UNSENT) : t("full"));
		}
		toast(t("stored"));
		go("#/tower/" + d.building);
		sync();
	};
	return {
		title: d.room, sub: tower?.name, back: "#/tower/" + d.building,
		main: [
			h("dl", { class: "zf-dl" }, d.occupant && [h("dt", {}, t("occupant")), h("dd", {}, d.occupant)], h("dt", {}, t("state")), h("dd", {}, d.state ? t("door." + d.state) + (d.on ? " · " + d.on : "") : t("door.new"))),
			quiet ? note("alarm", "clock", t("quiet", d.quiet)) : [
				field(t("occupant_new"), name, { hint: t("optional") }),
				h("div", { class: "zf-states" }, STATES.slice(1).map(s => button(t("door." + s), () => keep(s)))),
			],
		],
		foot: !quiet && primary(t("visit_door"), () => go("#/visit?door=" + id + (d.company ? "&company=" + d.company : "")), { icon: "plus" }),
	};
}
