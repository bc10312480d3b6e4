// Buttons with data-copy="text", or data-copy-from="id" for an element's text or value.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copyFrom);
  const text = button.dataset.copy ?? source?.value ?? source?.textContent.trim() ?? "";
  let words = "Copied";
  try {
    await navigator.clipboard.writeText(text);
    button.dataset.done = "";
    setTimeout(() => delete button.dataset.done, 1600);
  } catch {
    words = "Could not copy";
  }
  document.dispatchEvent(new CustomEvent("announce", { detail: words }));
});
