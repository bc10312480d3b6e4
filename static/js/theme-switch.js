// Buttons with data-theme-choice: "light", "dark" or "system" (follow the device).
const root = document.documentElement;
const buttons = () => document.querySelectorAll("[data-theme-choice]");

function chosen() {
  return root.dataset.theme ?? "system";
}

function show() {
  for (const button of buttons()) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen()));
  }
}

function choose(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Not remembered, still shown.
  }
  show();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (button) choose(button.dataset.themeChoice);
});

// Another tab chose.
addEventListener("storage", (event) => {
  if (event.key === "theme") choose(event.newValue ?? "system");
});

show();
