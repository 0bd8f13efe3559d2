// A form of the public pages proves some work while its reader types: the digest of its token and a number begins with
// sixteen zero bits. Without scripts the form must stand for a while instead.
const form = document.querySelector("form[data-proof]");
if (form && globalThis.crypto?.subtle) {
  const token = form.dataset.proof;
  const bytes = new TextEncoder();
  let n = 0;
  const work = async () => {
    for (let i = 0; i < 200; i++, n++) {
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.encode(`${token}:${n}`)));
      if (sum[0] === 0 && sum[1] === 0) {
        form.elements.namedItem("proof").value = String(n);
        return;
      }
    }
    setTimeout(work);
  };
  work();
}
