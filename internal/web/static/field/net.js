// The way to the server. An answer counts only when it is ours: JSON, and of the shape that was asked for. A network that wants a
// sign-in answers 200 with a page of its own.
import { state } from "./store.js";

// Trouble is why nothing was achieved: offline, portal, signin, revoked, lease, busy, refused.
export class Trouble extends Error {
	constructor(kind, problem) {
		super(kind);
		this.kind = kind;
		this.problem = problem;
	}
}

const PATIENCE = 30000;

export async function call(method, path, { json, body, headers = {}, own = true } = {}) {
	const stop = new AbortController();
	const timer = setTimeout(() => stop.abort(), PATIENCE);
	let res;
	try {
		res = await fetch(path, {
			method,
			signal: stop.signal,
			redirect: "error",
			cache: "no-store",
			credentials: own ? "omit" : "same-origin",
			headers: { ...(own ? { Authorization: "Bearer " + state.secret } : {}), ...(json ? { "Content-Type": "application/json" } : {}), Accept: "application/json", "Accept-Language": document.documentElement.lang, ...headers },
			body: json ? JSON.stringify(json) : body,
		});
	} catch {
		throw new Trouble("offline");
	} finally {
		clearTimeout(timer);
	}
	const kind = res.headers.get("Content-Type") ?? "";
	if (method === "HEAD" && res.status === 204) return { headers: res.headers };
	if (!kind.startsWith("application/json") && !kind.startsWith("application/problem+json")) throw new Trouble(res.status >= 500 ? "busy" : "portal");
	const data = await res.json().catch(() => {
		throw new Trouble("offline");
	});
	if (res.ok) return { data, headers: res.headers };
	if (res.status === 401) throw new Trouble(data.code === "device_revoked" ? "revoked" : "signin", data);
	if (res.status === 429 || res.status >= 500) throw new Trouble("busy", data);
	throw new Trouble("refused", data);
}

// revoked asks, before the vault is open, whether this phone was revoked. Only a plain yes counts.
export async function revoked(device) {
	try {
		const { data } = await call("GET", "/api/v1/devices/" + encodeURIComponent(device), { own: false });
		return data.state === "revoked" && data.id === device;
	} catch {
		return false;
	}
}

// who tells who is signed in on this browser; null when nobody is.
export async function who() {
	try {
		const { data } = await call("GET", "/api/v1/session", { own: false });
		return typeof data.person === "string" ? data : null;
	} catch (e) {
		if (e.kind === "signin" || e.kind === "refused") return null;
		throw e;
	}
}

// enrol makes this browser a phone of whoever is signed in, or renews it.
export async function enrol(id = "") {
	const { data } = await call("POST", "/api/v1/account/devices", { own: false, json: id ? { id } : {} });
	if (!data.secret || !data.device?.id) throw new Trouble("portal");
	return data;
}
