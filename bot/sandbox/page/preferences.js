// What the reader chose, kept in this browser where it lets us.

export function recall(key) {
  try {
    return localStorage.getItem(`papergram.${key}`);
  } catch {
    return null; // storage is switched off: the choice lasts as long as the page
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`papergram.${key}`, value);
  } catch {
    // see recall
  }
}

export function startTheme() {
  const saved = recall("theme");
  if (saved === "light" || saved === "dark") document.documentElement.dataset.theme = saved;
}

export function switchTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const shown = document.documentElement.dataset.theme ?? system;
  const next = shown === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  remember("theme", next);
}
