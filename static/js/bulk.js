// The bar under the form for many trunks counts the settings that are not left as they are.
const form = document.querySelector("form[data-bulk]");
const note = form?.querySelector("[data-bar-note]");
const about = note?.textContent.replace(/\.$/, "");

function count() {
  const chosen = [...form.querySelectorAll(".bulk-field")].filter(
    (field) => field.querySelector("select").value,
  ).length;
  const settings = `${chosen} setting${chosen === 1 ? "" : "s"}`;
  const said = chosen ? `${about}: ${settings} to change.` : `${about}: everything left as it is.`;
  if (note.textContent !== said) note.textContent = said;
}

if (form) {
  form.addEventListener("change", count);
  count();
}
