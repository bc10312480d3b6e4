// Pickers of numbers: what is ticked among the results moves up to what is chosen. Without this
// file the ticks are simply sent along with the form.
const say = (words) => document.dispatchEvent(new CustomEvent("announce", { detail: words }));
const pickerOf = (element) => element.closest("[data-picker]");
const chosenIn = (picker) => picker.querySelector("[data-chosen]");
const inputs = (list) => [...(list?.querySelectorAll("input") ?? [])];
const textOf = (pick) => pick.querySelector(".mono").textContent;

function countIn(picker) {
  return inputs(chosenIn(picker)).filter((input) => input.checked).length;
}

function choose(input) {
  const pick = input.closest(".pick");
  const picker = pickerOf(pick);
  const next = pick.nextElementSibling ?? pick.previousElementSibling;
  if (input.type === "radio") chosenIn(picker).replaceChildren();
  input.id = `${input.name}-${input.value}`; // among the results it had another
  pick.querySelector("label").htmlFor = input.id;
  chosenIn(picker).append(pick);
  (next?.querySelector("input") ?? picker.querySelector("[data-picker-q]")).focus();
  say(`${textOf(pick)} added, ${countIn(picker)} chosen`);
}

document.addEventListener("change", (event) => {
  const input = event.target;
  const picker = pickerOf(input);
  if (!picker) return;
  if (input.closest("[data-results]")) choose(input);
  else if (input.closest("[data-chosen]")) {
    const what = input.checked ? "kept" : "taken out";
    say(`${textOf(input.closest(".pick"))} ${what}, ${countIn(picker)} chosen`);
  }
});

// A search must not submit the form around it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-picker-q]")) event.preventDefault();
});

// What is chosen already is not offered again.
document.addEventListener("htmx:afterSettle", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (!picker) return;
  const chosen = new Set(inputs(chosenIn(picker)).map((input) => input.value));
  for (const input of inputs(picker.querySelector("[data-results]"))) {
    if (chosen.has(input.value)) input.closest(".pick").remove();
  }
});
