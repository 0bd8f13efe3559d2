// The board of projects: a card that is dropped on a stage opens the move to it, where the gate says what is missing or why not.
let held = null;

document.addEventListener("dragstart", (e) => {
  held = e.target.closest?.("[data-board] [draggable]");
  if (held) e.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (e) => {
  const col = held && e.target.closest("[data-stage]");
  if (!col) return;
  e.preventDefault();
  document.querySelectorAll(".zd-boardcol.over").forEach((c) => c !== col && c.classList.remove("over"));
  col.classList.add("over");
});
document.addEventListener("drop", (e) => {
  const col = held && e.target.closest("[data-stage]");
  if (!col) return;
  e.preventDefault();
  if (col !== held.closest("[data-stage]")) location.assign(held.dataset.move + "?" + new URLSearchParams({ to: col.dataset.stage }));
});
document.addEventListener("dragend", () => {
  held = null;
  document.querySelectorAll(".zd-boardcol.over").forEach((c) => c.classList.remove("over"));
});
