// A toast goes when dismissed. Good news goes by itself after ten seconds, unless someone is
// pointing at it or inside it; anything else stays until it is read.
document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".toast").remove();
});

function leaveLater(toast) {
  toast.dataset.timed = "";
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast);
    else toast.remove();
  }, 10_000);
}

function watch() {
  document.querySelectorAll(".toast.tone-ok:not([data-timed])").forEach(leaveLater);
}

document.addEventListener("htmx:afterSettle", watch);
watch();
