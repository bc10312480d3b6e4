// Runs before the first paint, so that a chosen theme never flashes. A classic script on purpose:
// modules wait for the document.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the system's preference then decides.
  }
})();
