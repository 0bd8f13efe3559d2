// This phone: whose it is, what it holds, how full it is, the language, locking and erasing.
import * as store from "./store.js";
import * as vault from "./vault.js";
import { h, button, seg, field, note, ask, go } from "./view.js";
import { t, lang, speak, size, dayOf, clockOf } from "./words.js";
import { sync } from "./sync.js";

export async function phone() {
	const room = await navigator.storage?.estimate?.().catch(() => null);
	const safe = await navigator.storage?.persisted?.().catch(() => false);
	const n = store.unsent().length;
	const row = (label, text) => [h("dt", {}, label), h("dd", {}, text)];
	return {
		title: t("phone"), sub: store.state.name,
		main: [
			h("dl", { class: "zf-dl" },
				row(t("owner"), store.state.name), row(t("unsent_n"), t("of", n, store.MAX_UNSENT)), row(t("carried"), String(store.library.firms.size + store.library.people.size + store.library.trips.size)),
				row(t("lease"), dayOf(store.state.until) + " " + clockOf(store.state.until)),
				room && row(t("room"), t("of", size(room.usage ?? 0), size(room.quota ?? 0))), row(t("lasting"), safe ? t("yes") : t("no"))),
			field(t("language"), seg("lang", lang, [["zh", "中文"], ["en", "English"]], v => {
				speak(v);
				dispatchEvent(new Event("hashchange"));
			})),
			note("info", "info-circle", t("ios")),
			h("p", { class: "zf-meta" }, t("door.risk")),
			button(t("fetch"), async () => {
				await sync();
				go("#/outbox");
			}, { icon: "refresh" }),
			button(t("lock"), () => location.reload(), { icon: "lock" }),
			h("a", { class: "zf-btn", href: "/" }, t("desk")),
			button(t("erase"), async () => {
				if (!(await ask(t("erase"), n ? t("erase_unsent", n) : t("erase_text"), t("erase_yes")))) return;
				await vault.erase();
				location.href = "/field";
			}, { icon: "trash", class: "zf-btn zf-danger" }),
		],
	};
}
