// The focus never gets lost. After a swap it returns to the control it was on (same id, else same
// name and value), with its selection; after a refused form it goes to the first invalid field.
let before = null;

function remember() {
  const element = document.activeElement;
  if (!element || element === document.body) return (before = null);
  before = { id: element.id, name: element.name, value: element.value, type: element.type };
  try {
    before.selection = [element.selectionStart, element.selectionEnd];
  } catch {
    // Not a control that holds a selection.
  }
}

function again({ id, name, value, type }) {
  if (id) return document.getElementById(id);
  if (!name) return null;
  const same = [...document.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  return same.find((e) => type !== "radio" || e.value === value) ?? null;
}

function restore() {
  const kept = before;
  before = null;
  if (!kept || document.activeElement !== document.body) return;
  const element = again(kept);
  if (!element) return;
  element.focus({ preventScroll: true });
  if (kept.selection?.[0] != null && /^(text|search|url|tel|textarea)$/.test(element.type)) {
    element.setSelectionRange(...kept.selection);
  }
}

function firstInvalid(place) {
  if (document.activeElement?.matches('[aria-invalid="true"]')) return true;
  const target =
    place.querySelector('[aria-invalid="true"]:not([type="hidden"])') ??
    place.querySelector(".error-summary");
  target?.focus();
  return Boolean(target);
}

document.addEventListener("htmx:beforeSwap", remember);
document.addEventListener("htmx:afterSettle", (event) => {
  const sent = event.detail.requestConfig?.verb;
  if (sent && sent !== "get" && firstInvalid(event.target)) return (before = null);
  restore();
});

// A fresh page: the server marks the first wrong field itself; what is left is a summary alone.
if (!document.querySelector("[autofocus]")) firstInvalid(document);
