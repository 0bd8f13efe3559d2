// Photos and voice notes. A photo is drawn anew, smaller: where and with what it was taken does not come along.
import * as vault from "./vault.js";
import { h, icon, button, toast } from "./view.js";
import { t, size } from "./words.js";

const EDGE = 2000;
const MAX = 20 << 20;
const MOST = 6;
const LONGEST = 180000;

async function shrunk(file) {
	const pic = await createImageBitmap(file);
	const k = Math.min(1, EDGE / Math.max(pic.width, pic.height));
	const c = document.createElement("canvas");
	c.width = Math.round(pic.width * k);
	c.height = Math.round(pic.height * k);
	c.getContext("2d").drawImage(pic, 0, 0, c.width, c.height);
	return new Promise(done => c.toBlob(done, "image/jpeg", 0.85));
}

// keep seals a file on the phone and gives what a record says of it.
async function keep(blob, name) {
	if (blob.size > MAX) throw new RangeError("too large");
	const data = await blob.arrayBuffer();
	const f = { id: vault.newID(), sha256: await vault.digest(data), name, size: data.byteLength, type: blob.type, sent: false };
	await vault.put("files", f.id, data);
	return f;
}

async function record(onstop) {
	const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
	const kind = ["audio/webm;codecs=opus", "audio/mp4"].find(k => MediaRecorder.isTypeSupported(k));
	const rec = new MediaRecorder(stream, kind ? { mimeType: kind, audioBitsPerSecond: 24000 } : {});
	const parts = [];
	rec.addEventListener("dataavailable", e => parts.push(e.data));
	rec.addEventListener("stop", () => {
		stream.getTracks().forEach(x => x.stop());
		onstop(new Blob(parts, { type: (kind ?? rec.mimeType).split(";")[0] }));
	});
	rec.start(1000);
	setTimeout(() => rec.state === "recording" && rec.stop(), LONGEST);
	return rec;
}

// attachments are the buttons for photos and voice, and the list of what is there.
export function attachments(files, changed) {
	const list = h("ul", { class: "zf-files" });
	let rec = null;
	const add = async (blob, name) => {
		if (files.length >= MOST) return toast(t("files.most", MOST));
		try {
			files.push(await keep(blob, name));
		} catch (e) {
			return toast(e instanceof RangeError ? t("files.large") : e.name === "QuotaExceededError" ? t("full") : t("files.bad"));
		}
		draw();
		changed();
	};
	const photo = h("input", { type: "file", accept: "image/*", capture: "environment", class: "zf-hide", tabindex: "-1", "aria-label": t("photo"), onchange: async e => {
		const file = e.target.files[0];
		e.target.value = "";
		if (!file) return;
		const small = await shrunk(file).catch(() => null);
		small ? await add(small, t("photo") + "-" + (files.length + 1) + ".jpg") : toast(t("files.bad"));
	} });
	const voice = button(t("voice"), async () => {
		if (rec) {
			rec.stop();
			return;
		}
		try {
			rec = await record(async blob => {
				rec = null;
				voice.classList.remove("on");
				voice.lastChild.textContent = t("voice");
				await add(blob, t("voice") + (blob.type === "audio/mp4" ? ".m4a" : ".webm"));
			});
			voice.classList.add("on");
			voice.lastChild.textContent = t("voice_stop");
		} catch {
			toast(t("voice_none"));
		}
	}, { icon: "microphone" });
	const draw = () => list.replaceChildren(...files.map(f => {
		const li = h("li", {}, icon(f.type.startsWith("audio/") ? "microphone" : "photo"), h("span", {}, f.name), h("small", {}, size(f.size)));
		if (f.type.startsWith("audio/")) {
			li.append(button(t("play"), async () => {
				const url = URL.createObjectURL(new Blob([await vault.bytes("files", f.id)], { type: f.type }));
				const a = new Audio(url);
				a.addEventListener("ended", () => URL.revokeObjectURL(url));
				a.play();
			}, { class: "zf-mini" }));
		}
		li.append(h("button", { type: "button", class: "zf-x", "aria-label": t("remove") + " " + f.name, onclick: async () => {
			files.splice(files.indexOf(f), 1);
			await vault.remove("files", f.id);
			draw();
			changed();
		} }, icon("x")));
		return li;
	}));
	draw();
	const can = !!navigator.mediaDevices && !!window.MediaRecorder;
	return h("div", { class: "zf-attach" }, list, h("div", { class: "zf-row" }, button(t("photo"), () => photo.click(), { icon: "camera" }), photo, can && voice), h("small", {}, t("files.free")));
}
