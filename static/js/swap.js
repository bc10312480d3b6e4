// What a fragment's request may meet: a redirect to a whole page (signed out, or done), no answer,
// or an answer that is no fragment.
const isPage = (xhr) => /^\s*<!doctype/i.test(xhr.responseText);

function wasRedirected(xhr, path) {
  const asked = new URL(path, location.href);
  return Boolean(xhr.responseURL) && new URL(xhr.responseURL).pathname !== asked.pathname;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, boosted, requestConfig } = event.detail;
  if (boosted || !isPage(xhr) || !wasRedirected(xhr, requestConfig.path)) return;
  event.preventDefault();
  location.assign(xhr.responseURL);
});

function sayTrouble(words) {
  const template = document.getElementById("toast-trouble");
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("[data-words]").textContent = words;
  document.getElementById("messages").replaceChildren(toast);
}

document.addEventListener("htmx:sendError", () => {
  sayTrouble("No answer from the server. Nothing was changed on this page; try again.");
});
document.addEventListener("htmx:responseError", () => {
  sayTrouble("The server could not do that. Reload the page to see where things stand.");
});
