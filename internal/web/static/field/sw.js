// The worker of the offline page. The server puts SHELL in front: the build and the files that belong to it. A new worker keeps
// all of its files first and waits until the page asks it to take over; what was recorded lies elsewhere and is not touched.
const NAME = "zf-" + SHELL.build;

// A network that wants a sign-in answers everything with a page of its own: such an answer must never be kept.
async function fetchOwn(path) {
	const r = await fetch(path, { cache: "no-cache", credentials: "omit", redirect: "error" });
	const kind = r.headers.get("Content-Type") || "";
	if (r.status !== 200) throw new Error(path + " " + r.status);
	if (path === "/field") {
		if (r.headers.get("Zhudian-Build") !== SHELL.build) throw new Error("another build");
	} else if (kind.startsWith("text/html")) {
		throw new Error("not ours: " + path);
	}
	return r;
}

self.addEventListener("install", event => event.waitUntil((async () => {
	const cache = await caches.open(NAME);
	await Promise.all(SHELL.keep.map(async path => cache.put(path, await fetchOwn(path))));
})()));

self.addEventListener("activate", event => event.waitUntil((async () => {
	for (const name of await caches.keys()) if (name.startsWith("zf-") && name !== NAME) await caches.delete(name);
	await self.clients.claim();
})()));

self.addEventListener("message", event => {
	if (event.data === "take-over") self.skipWaiting();
});

// Only the page and its files come from here. Everything else goes to the server and is never kept.
self.addEventListener("fetch", event => {
	const url = new URL(event.request.url);
	if (event.request.method !== "GET" || url.origin !== location.origin) return;
	const path = url.pathname === "/field" ? "/field" : SHELL.keep.includes(url.pathname) ? url.pathname : "";
	if (!path) return;
	event.respondWith((async () => {
		const cache = await caches.open(NAME);
		return (await cache.match(path)) || fetch(event.request);
	})());
});
