// Sending what waits and fetching what to carry. One at a time, in any tab; what fails stays and is tried again, later and later.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { call, enrol, who, Trouble } from "./net.js";

const BATCH = 100;
const PIECE = 1 << 20;
const FIRST = 5000;
const LONGEST = 600000;

export const progress = { busy: false, trouble: "", problem: null, next: 0, file: "" };
const heard = new Set();
export const onProgress = fn => heard.add(fn);

function say(changes) {
	Object.assign(progress, changes);
	heard.forEach(fn => fn());
}

let pause = FIRST;
let timer = 0;
let wiped = () => {};

// start watches for occasions to sync; gone is called when the phone turns out to be revoked and was erased.
export function start(gone) {
	wiped = gone;
	addEventListener("online", () => sync());
	document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sync());
	sync();
}

// sync sends and fetches, unless it is being done already. It never throws: progress says what came of it.
export async function sync() {
	clearTimeout(timer);
	if (!vault.isOpen() || progress.busy) return;
	say({ busy: true });
	try {
		if (navigator.locks) await navigator.locks.request("zf-sync", once);
		else await once();
		pause = FIRST;
		say({ busy: false, trouble: "", problem: null, next: 0 });
	} catch (e) {
		await failed(e);
	}
}

async function once() {
	await send();
	await fetchLoad();
	await store.tidy();
}

async function failed(e) {
	const kind = e instanceof Trouble ? e.kind : e.name === "QuotaExceededError" ? "full" : "broken";
	if (kind === "signin" && (await renewed())) {
		say({ busy: false });
		return sync();
	}
	if (kind === "broken") console.error(e);
	if (kind === "revoked") {
		await vault.erase();
		say({ busy: false, trouble: kind });
		wiped();
		return;
	}
	const wait = Math.round(pause * (0.75 + Math.random() / 2));
	pause = Math.min(pause * 2, LONGEST);
	if (kind !== "signin" && kind !== "full") timer = setTimeout(sync, wait);
	say({ busy: false, trouble: kind, problem: e.problem ?? null, next: Date.now() + wait, file: "" });
}

// renewed makes the phone known again when its owner has signed in on it meanwhile; once in a while, not for ever.
let renewedAt = 0;

async function renewed() {
	if (Date.now() - renewedAt < 60000) return false;
	try {
		const me = await who();
		if (!me || me.person !== store.state.person) return false;
		const got = await enrol(store.state.device);
		renewedAt = Date.now();
		await store.saveState({ secret: got.secret });
		return true;
	} catch {
		return false;
	}
}

async function send() {
	const list = store.waiting();
	for (const x of list) await sendFiles(x);
	for (let i = 0; i < list.length; i += BATCH) {
		const part = list.slice(i, i + BATCH).map(x => store.outbox.get(x.id)).filter(x => x?.state === "ready" || x?.state === "held");
		if (part.length) await sendBatch(part);
	}
}

// sendBatch believes a receipt only when it names the record and the digest of what was sent.
async function sendBatch(part) {
	await store.tried(part);
	const records = await Promise.all(part.map(store.sealed));
	const { data } = await call("POST", "/api/v1/field/sync", { json: { now: Date.now() * 1000, records } });
	if (!Array.isArray(data.receipts) || typeof data.now !== "number") throw new Trouble("portal");
	const sent = new Map(records.map(r => [r.id, r.hash]));
	for (const receipt of data.receipts) {
		if (sent.get(receipt.id) !== receipt.hash || receipt.code === "altered") continue;
		if (store.outbox.get(receipt.id)?.state !== "sent") await store.settle(receipt.id, receipt);
	}
	await hear(data.now);
}

// hear notes what time it is on the server.
async function hear(micros) {
	const offset = Math.round(micros / 1000 - Date.now());
	if (Math.abs(offset - store.state.offset) > 2000) await store.saveState({ offset });
}

// sendFiles sends the files of a record from where each was cut off.
async function sendFiles(x) {
	for (const f of x.files) {
		if (f.sent) continue;
		const data = await vault.bytes("files", f.id);
		if (!data) continue;
		const at = "/api/v1/field/files/" + f.sha256;
		const { headers } = await call("HEAD", at);
		if (headers.get("Upload-Offset") === null) throw new Trouble("portal");
		let offset = Number(headers.get("Upload-Offset"));
		let whole = headers.get("Upload-Complete") === "?1";
		while (!whole) {
			say({ file: f.name, done: offset, size: data.byteLength });
			const { data: got } = await call("PATCH", at + "?name=" + encodeURIComponent(f.name), {
				body: data.slice(offset, offset + PIECE),
				headers: { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset), "Upload-Length": String(data.byteLength) },
			}).catch(e => refusedFile(x, f, e));
			if (!got) return;
			if (typeof got.offset !== "number") throw new Trouble("portal");
			offset = got.offset;
			whole = got.complete;
		}
		f.sent = true;
		await vault.put("outbox", x.id, x);
		say({ file: "" });
	}
}

// refusedFile turns a file that the server will not have into something its owner sees to; the place of a cut is asked again.
async function refusedFile(x, f, e) {
	if (e.kind !== "refused") throw e;
	if (e.problem.code === "wrong_offset" || e.problem.code === "part_busy") throw new Trouble("busy", e.problem);
	await store.settle(x.id, { state: "refused", code: e.problem.code, detail: e.problem.detail, errors: e.problem.errors ?? [], file: f.id });
	return {};
}

async function fetchLoad() {
	const { data } = await call("GET", "/api/v1/field/delta?since=" + store.state.seq);
	if (typeof data.seq !== "number" || !Array.isArray(data.gone)) throw new Trouble("portal");
	if (data.person !== store.state.person) throw new Trouble("refused", { detail: "" });
	await hear(data.now);
	await store.carry(data);
	await store.saveState({ synced: store.now() });
}
