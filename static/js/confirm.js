// Typing a name to confirm: an input with data-confirm="the name" holds back the submit buttons of
// its form until it matches. The server checks again; without JavaScript only the server does.
const matches = (input) => input.value.trim() === input.dataset.confirm.trim();

function gate(input) {
  for (const button of input.form?.querySelectorAll("[data-confirm-submit]") ?? []) {
    button.disabled = !matches(input);
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-confirm]")) gate(event.target);
});

function gateAll(place) {
  place.querySelectorAll("[data-confirm]").forEach(gate);
}

document.addEventListener("htmx:load", (event) => gateAll(event.target));
gateAll(document);
