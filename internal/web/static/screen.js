// The wall asks for itself every minute while somebody can see it; a picture that stopped says since when.
const every = 60_000, old = 600_000;
let last = Date.now();

setInterval(() => {
  const wall = document.querySelector("[data-wall]"), time = document.querySelector("[data-wall-time]");
  if (!wall || document.hidden) return;
  if (Date.now() - last > old && time) {
    time.textContent = time.dataset.stale;
    time.classList.add("stale");
  }
  window.htmx.trigger(wall, "refresh");
}, every);

document.addEventListener("htmx:afterSwap", () => { last = Date.now(); });
