// What the phone carries (the library) and what it has recorded (the outbox). Both are in memory while the vault is open;
// every change is on the disk, sealed, before it is shown.
import * as vault from "./vault.js";
import { dayOf } from "./words.js";

export const MAX_UNSENT = 500;
const SHELVES = 24; // the library is sealed in so many pieces: few enough to open fast, small enough to change

export const state = { person: "", name: "", secret: "", device: "", until: 0, seen: 0, offset: 0, seq: 0, synced: 0, teams: [], team: "", full: false };
export const library = { firms: new Map(), people: new Map(), trips: new Map(), plan: new Map(), towers: new Map(), doors: new Map() };
export const outbox = new Map();

const shelfOf = id => parseInt(id.slice(-4), 16) % SHELVES || 0;
const kinds = Object.keys(library);
const heard = new Set();

// onChange calls back whenever the outbox or the state changed.
export const onChange = fn => heard.add(fn);
const tell = () => heard.forEach(fn => fn());

// now is the server's time as far as known: the phone's clock may be wrong.
export const now = () => Date.now() + state.offset;
export const today = () => dayOf(now());

export async function saveState(changes = {}) {
	Object.assign(state, changes);
	await vault.put("meta", "state", state);
	tell();
}

// leaseOver: nothing was heard of the server for too long, or the clock was set back to make it look otherwise.
export const leaseOver = () => Date.now() > state.until || Date.now() < state.seen - 3600e3;

// load opens everything after the vault was opened.
export async function load() {
	Object.assign(state, await vault.get("meta", "state"));
	for (const k of kinds) library[k].clear();
	for (const shelf of await vault.all("library")) for (const k of kinds) for (const x of shelf[k] ?? []) library[k].set(x.id, x);
	outbox.clear();
	for (const x of (await vault.all("outbox")).sort((a, b) => (a.id < b.id ? -1 : 1))) outbox.set(x.id, x);
}

// carry takes in what the server gave to carry.
export async function carry(load) {
	const touched = new Set();
	const all = () => [...Array(SHELVES).keys()].forEach(n => touched.add(n));
	if (load.reset) {
		kinds.forEach(k => library[k].clear());
		all();
	}
	for (const k of kinds) {
		for (const x of load[k] ?? []) {
			library[k].set(x.id, x);
			touched.add(shelfOf(x.id));
		}
	}
	for (const id of load.gone) {
		kinds.forEach(k => library[k].delete(id));
		touched.add(shelfOf(id));
	}
	const shelves = new Map([...touched].map(n => [n, Object.fromEntries(kinds.map(k => [k, []]))]));
	for (const k of kinds) for (const x of library[k].values()) shelves.get(shelfOf(x.id))?.[k].push(x);
	Object.assign(state, { seq: load.seq, until: Date.now() + load.lease * 1000, seen: Date.now(), teams: load.teams, full: !!load.full });
	if (!state.teams.some(x => x.id === state.team)) state.team = state.teams[0]?.id ?? "";
	await vault.putAll([...[...shelves].map(([n, value]) => ({ store: "library", name: n, value })), { store: "meta", name: "state", value: state }]);
	tell();
}

// canonical is JSON in one way only, as the server writes it too.
export function canonical(v) {
	if (Array.isArray(v)) return "[" + v.map(canonical).join(",") + "]";
	if (v && typeof v === "object") return "{" + Object.keys(v).sort().map(k => JSON.stringify(k) + ":" + canonical(v[k])).join(",") + "}";
	return JSON.stringify(v);
}

// sealed is a record as it is sent, with its digest.
export async function sealed({ id, kind, by, at, after, base, was, body }) {
	const r = { id, kind, by, at, after, base, was, body };
	return { ...r, hash: await vault.digest(canonical(r)) };
}

export const unsent = () => [...outbox.values()].filter(x => x.state !== "sent");
export const waiting = () => unsent().filter(x => x.state === "ready" || x.state === "held");
export const troubled = () => unsent().filter(x => x.state === "refused" || x.state === "conflict");

export class Full extends Error {}

// record puts something new into the outbox; drafts it came from go in the same step. It throws Full at the limit.
export async function record(item, draft) {
	if (!outbox.has(item.id) && unsent().length >= MAX_UNSENT) throw new Full();
	const x = { at: Date.now() * 1000, after: [], base: 0, was: {}, files: [], by: state.person, state: "ready", receipt: null, ...item };
	await vault.putAll([{ store: "outbox", name: x.id, value: x }, ...(draft ? [{ store: "drafts", name: draft }] : [])]);
	outbox.set(x.id, x);
	tell();
	return x;
}

// settle notes the server's answer. What is stored leaves its content behind.
export async function settle(id, receipt) {
	const x = outbox.get(id);
	if (!x) return;
	const done = ["stored", "same", "dropped"].includes(receipt.state);
	if (receipt.state === "held" && receipt.code === "files") x.files.forEach(f => (f.sent = false));
	const next = done ? { id, kind: x.kind, at: x.at, title: x.title, state: "sent", sent: now(), object: receipt.object, receipt: { state: receipt.state, detail: receipt.detail, skewed: receipt.skewed } } : { ...x, state: receipt.state, receipt };
	const gone = done ? (x.files ?? []).map(f => ({ store: "files", name: f.id })) : [];
	await vault.putAll([{ store: "outbox", name: id, value: next }, ...gone]);
	outbox.set(id, next);
	tell();
}

// tried notes that records are on their way: from now on the server may have them, and they are not to be changed.
export async function tried(list) {
	const fresh = list.filter(x => !x.tried);
	if (!fresh.length) return;
	fresh.forEach(x => (x.tried = true));
	await vault.putAll(fresh.map(x => ({ store: "outbox", name: x.id, value: x })));
}

// mendable: what the server has for certain not taken in.
export const mendable = x => x.state === "refused" || (x.state === "ready" && !x.tried);

// discard lets a record go that was never stored.
export async function discard(id) {
	const x = outbox.get(id);
	await vault.putAll([{ store: "outbox", name: id }, ...(x?.files ?? []).map(f => ({ store: "files", name: f.id }))]);
	outbox.delete(id);
	tell();
}

// retarget makes what builds on a record build on another one instead: the library has it already under that id.
export async function retarget(from, to) {
	const changes = [];
	for (const x of unsent()) {
		if (x.id === from || !x.after.includes(from)) continue;
		const next = { ...x, after: x.after.filter(a => a !== from), body: { ...x.body, company: x.body.company === from ? to : x.body.company }, state: "ready", receipt: null };
		changes.push({ store: "outbox", name: x.id, value: next });
	}
	await vault.putAll([...changes, { store: "outbox", name: from }]);
	changes.forEach(c => outbox.set(c.name, c.value));
	outbox.delete(from);
	tell();
}

// replace takes a record away for which another one stands now; what built on it builds on that one.
export async function replace(from, to) {
	const changes = [];
	for (const x of unsent()) {
		if (!x.after?.includes(from)) continue;
		const next = { ...x, after: x.after.map(a => (a === from ? to : a)).filter(Boolean), state: "ready", receipt: null };
		changes.push({ store: "outbox", name: x.id, value: next });
	}
	await vault.putAll([...changes, { store: "outbox", name: from }]);
	changes.forEach(c => outbox.set(c.name, c.value));
	outbox.delete(from);
	tell();
}

// tidy forgets what was sent more than a week ago.
export async function tidy() {
	const old = [...outbox.values()].filter(x => x.state === "sent" && x.sent < now() - 7 * 864e5);
	if (!old.length) return;
	await vault.putAll(old.map(x => ({ store: "outbox", name: x.id })));
	old.forEach(x => outbox.delete(x.id));
}

// firms are those of the library and those recorded here.
export function firm(id) {
	const own = outbox.get(id);
	return library.firms.get(id) ?? (own?.kind === "company" && own.body ? { id, own: true, ...own.body } : own && { id, own: true, name: own.title });
}

const haystacks = new WeakMap();

function haystack(x) {
	if (!haystacks.has(x)) haystacks.set(x, (x.name + " " + (x.code ?? x.credit_code ?? "") + " " + (x.address ?? "")).toLowerCase());
	return haystacks.get(x);
}

// find gives the organisations whose name, code or address holds every word that was typed, latest met first.
export function find(q, most = 60) {
	const parts = q.toLowerCase().split(/\s+/).filter(Boolean);
	const hit = x => parts.every(p => haystack(x).includes(p));
	const own = unsent().filter(x => x.kind === "company").map(x => ({ id: x.id, own: true, ...x.body })).filter(hit);
	const rest = [...library.firms.values()].filter(hit).sort((a, b) => (b.day ?? "").localeCompare(a.day ?? ""));
	return { list: [...own, ...rest].slice(0, most), total: own.length + rest.length };
}
