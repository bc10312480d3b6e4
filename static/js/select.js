// Ticking rows of a list (a form with data-select): one box ticks the whole page, the bar says how
// many are ticked.
const boxes = () => [...document.querySelectorAll("[data-select] input[type='checkbox'][name]")];

function tell() {
  const all = boxes();
  const ticked = all.filter((box) => box.checked).length;
  const head = document.querySelector("[data-select-all]");
  if (head) {
    head.checked = ticked > 0 && ticked === all.length;
    head.indeterminate = ticked > 0 && ticked < all.length;
  }
  const words = document.querySelector("[data-selected]");
  if (words && words.textContent !== `${ticked} selected`) words.textContent = `${ticked} selected`;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    for (const box of boxes()) box.checked = event.target.checked;
  }
  if (event.target.closest("[data-select]")) tell();
});
document.addEventListener("htmx:afterSettle", tell);
window.addEventListener("pageshow", tell);
tell();
