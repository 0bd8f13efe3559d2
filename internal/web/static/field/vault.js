// What lies on the phone is sealed with a data key that never leaves memory in clear. It is wrapped twice: by a key made from
// the PIN (PBKDF2), and around that by a key of this browser that cannot be read out.
const ROUNDS = 600000;
export const MAX_TRIES = 10;
export const STORES = ["meta", "library", "outbox", "drafts", "files"];

let opening;
let dataKey = null;

function base() {
	opening ??= window.idb.openDB("zhudian-field", 1, {
		upgrade(db) {
			for (const name of STORES) db.createObjectStore(name);
		},
		terminated() {
			opening = null;
		},
	});
	return opening;
}

const text = new TextEncoder();
const words = new TextDecoder();
const random = n => crypto.getRandomValues(new Uint8Array(n));

async function box(key, bytes) {
	const iv = random(12);
	return { iv, box: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
}

const unbox = (key, sealed) => crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.box);

async function pinKey(pin, salt, rounds) {
	const raw = await crypto.subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveKey"]);
	return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const imported = raw => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

// exists tells whether this phone holds a vault; device is the id under which the server knows the phone.
export async function exists() {
	const v = await (await base()).get("meta", "vault");
	return v ? { device: v.device, tries: v.tries } : null;
}

// create makes a vault for a phone that was just enrolled, and opens it.
export async function create(pin, device) {
	const db = await base();
	const own = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
	const salt = random(16);
	const raw = random(32);
	const inner = await box(await pinKey(pin, salt, ROUNDS), raw);
	const packed = new Uint8Array(12 + inner.box.byteLength);
	packed.set(inner.iv);
	packed.set(new Uint8Array(inner.box), 12);
	const vault = { own, salt, rounds: ROUNDS, tries: 0, device, wrapped: await box(own, packed) };
	await db.put("meta", vault, "vault");
	dataKey = await imported(raw);
	raw.fill(0);
}

// unlock opens the vault. It answers "open", "wrong" or, when the tries are used up, "gone": then everything is erased.
export async function unlock(pin) {
	const db = await base();
	const v = await db.get("meta", "vault");
	if (!v) return "gone";
	v.tries++;
	await db.put("meta", v, "vault"); // counted before it is tried, so that closing the page gains nothing
	const packed = new Uint8Array(await unbox(v.own, v.wrapped));
	try {
		const raw = await unbox(await pinKey(pin, v.salt, v.rounds), { iv: packed.slice(0, 12), box: packed.slice(12) });
		dataKey = await imported(raw);
	} catch {
		if (v.tries < MAX_TRIES) return "wrong";
		await erase();
		return "gone";
	}
	v.tries = 0;
	await db.put("meta", v, "vault");
	return "open";
}

export const isOpen = () => dataKey !== null;

export function lock() {
	dataKey = null;
}

// erase leaves nothing on the phone: no record, no key.
export async function erase() {
	dataKey = null;
	const db = await base();
	const tx = db.transaction(STORES, "readwrite");
	await Promise.all([...STORES.map(name => tx.objectStore(name).clear()), tx.done]);
	localStorage.removeItem("zf-lang");
}

// put seals a value under a name; the name itself must say nothing.
export async function put(store, name, value) {
	const sealed = await box(dataKey, value instanceof ArrayBuffer ? value : text.encode(JSON.stringify(value)));
	await (await base()).put(store, sealed, name);
}

// putAll seals several values, and removes others, all or none.
export async function putAll(changes) {
	const sealed = await Promise.all(changes.map(async c => (c.value === undefined ? c : { ...c, value: await box(dataKey, text.encode(JSON.stringify(c.value))) })));
	const db = await base();
	const tx = db.transaction([...new Set(changes.map(c => c.store))], "readwrite");
	for (const c of sealed) {
		const s = tx.objectStore(c.store);
		c.value === undefined ? s.delete(c.name) : s.put(c.value, c.name);
	}
	await tx.done;
}

const opened = async sealed => JSON.parse(words.decode(await unbox(dataKey, sealed)));

export async function get(store, name) {
	const sealed = await (await base()).get(store, name);
	return sealed && opened(sealed);
}

export async function bytes(store, name) {
	const sealed = await (await base()).get(store, name);
	return sealed && unbox(dataKey, sealed);
}

export async function all(store) {
	return Promise.all((await (await base()).getAll(store)).map(opened));
}

export async function remove(store, name) {
	await (await base()).delete(store, name);
}

export async function clear(store) {
	await (await base()).clear(store);
}

export async function digest(data) {
	const sum = await crypto.subtle.digest("SHA-256", typeof data === "string" ? text.encode(data) : data);
	return [...new Uint8Array(sum)].map(b => b.toString(16).padStart(2, "0")).join("");
}

let last = 0;

// newID makes a UUID of version 7: sortable by when it was made.
export function newID() {
	last = Math.max(Date.now(), last + 1);
	const b = random(16);
	let ms = last;
	for (let i = 5; i >= 0; i--, ms = Math.floor(ms / 256)) b[i] = ms % 256;
	b[6] = 0x70 | (b[6] & 0x0f);
	b[8] = 0x80 | (b[8] & 0x3f);
	const hex = [...b].map(x => x.toString(16).padStart(2, "0")).join("");
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
