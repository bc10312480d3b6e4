// The bar under the form says how much was touched. The server decides what a change is and
// whether it is reviewed: this only counts.
const form = document.querySelector("form[data-edit]:not([data-new])");

const words = (text) => text.split(/[\s,;]+/).filter(Boolean).join(" ");

function valueOf(element) {
  if (element.type === "checkbox") return element.checked;
  return element.tagName === "TEXTAREA" ? words(element.value) : element.value.trim();
}

function touchedIn(seen) {
  const touched = new Set();
  for (const [name, shown] of Object.entries(seen)) {
    const field = form.elements[name];
    if (!field) continue;
    const held = field instanceof RadioNodeList ? field.value : valueOf(field);
    const was = field.tagName === "TEXTAREA" ? words(shown) : shown;
    if (held !== was) touched.add(name);
  }
  return touched;
}

function touchedPickers() {
  const moved = (pick) => pick.hasAttribute("data-seen") !== pick.querySelector("input").checked;
  const shown = [...form.querySelectorAll("[data-picker]")].filter((p) => p.checkVisibility());
  return shown.filter((p) => [...p.querySelectorAll("[data-chosen] .pick")].some(moved)).length;
}

function count() {
  const touched = touchedIn(JSON.parse(form.dataset.seen));
  const total = touched.size + touchedPickers();
  const changes = `${total} change${total === 1 ? "" : "s"}`;
  const note = form.querySelector("[data-bar-note]");
  const said = total ? `${changes}. What is risky is shown for review first.` : "No changes yet.";
  if (note.textContent !== said) note.textContent = said;
  const verb = touched.has("auth_type") ? "Review" : "Save";
  form.querySelector("[data-save]").textContent = total ? `${verb} ${changes}` : "Save";
}

// One press is one save. Coming back by the browser's history, the buttons work again.
function hold(held) {
  for (const button of document.querySelectorAll("#trunk-form [data-save]")) button.disabled = held;
}

document.addEventListener("submit", (event) => {
  if (event.target.id === "trunk-form") setTimeout(hold, 0, true);
});
addEventListener("pageshow", () => hold(false));

if (form) {
  form.addEventListener("input", count);
  form.addEventListener("change", () => setTimeout(count));
  document.addEventListener("htmx:afterSettle", count);
  count();
}
