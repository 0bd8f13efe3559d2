// Words of the page, in both languages, from the catalogue that the page brings along.
const all = JSON.parse(document.getElementById("zf-words").textContent);

function chosen() {
	const asked = new URLSearchParams(location.search).get("lang");
	const cookie = /(?:^|; )zd_lang=(zh|en)/.exec(document.cookie)?.[1];
	const lang = asked || localStorage.getItem("zf-lang") || cookie || (navigator.language.startsWith("en") ? "en" : "zh");
	return lang === "en" ? "en" : "zh";
}

export let lang = chosen();
document.documentElement.lang = lang === "en" ? "en" : "zh-CN";

// speak changes the language; whoever calls draws again.
export function speak(next) {
	lang = next;
	localStorage.setItem("zf-lang", next);
	document.documentElement.lang = next === "en" ? "en" : "zh-CN";
}

// t gives a text; {0}, {1} stand for args.
export function t(key, ...args) {
	const text = all[lang][key] ?? all.zh[key] ?? key;
	return text.replace(/\{(\d)\}/g, (whole, n) => args[n] ?? whole);
}

const two = n => String(n).padStart(2, "0");

// Business days are those of China, wherever the phone is.
export function dayOf(ms) {
	const d = new Date(ms + 8 * 3600e3);
	return d.getUTCFullYear() + "-" + two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate());
}

export function clockOf(ms) {
	const d = new Date(ms + 8 * 3600e3);
	return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
}

export function weekday(day) {
	return t("weekday." + new Date(day + "T00:00:00Z").getUTCDay());
}

export function size(n) {
	return n < 1e6 ? Math.ceil(n / 1e3) + " kB" : (n / 1e6).toFixed(1) + " MB";
}
