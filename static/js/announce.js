// Says things to screen readers. Anything may dispatch `announce` with the words in `detail`; what
// a swap brings in with data-announce="312 trunks" is said too, and so are toasts of a fresh page
// (a live region speaks only of what arrives after it).
const region = document.getElementById("announce");
let timer;

function say(words) {
  if (!region || !words) return;
  clearTimeout(timer);
  region.textContent = "";
  timer = setTimeout(() => (region.textContent = words), 120);
}

document.addEventListener("announce", (event) => say(event.detail));

document.addEventListener("htmx:afterSettle", (event) => {
  const place = event.target;
  const source = place.matches("[data-announce]") ? place : place.querySelector("[data-announce]");
  if (source) say(source.dataset.announce);
});

say([...document.querySelectorAll("#messages [data-words]")].map((e) => e.textContent).join(" "));
