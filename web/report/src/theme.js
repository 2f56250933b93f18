// Light, dark, or as the system has it; and colours for canvases, which know no variables of CSS.
import { el } from './dom.js';

const next = /** @type {Record<string, string>} */ ({ auto: 'light', light: 'dark', dark: 'auto' });

/** Told when colours are others. @type {(() => void)[]} */
const listeners = [];

/** @param {() => void} redraw */
export function onTheme(redraw) { listeners.push(redraw); }

const tell = () => listeners.forEach((redraw) => redraw());

const print = matchMedia('print');
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);
print.addEventListener('change', tell);

export function themeButton() {
  const button = el('button', { type: 'button', class: 'quiet', id: 'theme' }, 'Theme: auto');
  let theme = 'auto';
  button.addEventListener('click', () => {
    theme = next[theme];
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    tell();
  });
  return button;
}

export function isDark() {
  const theme = document.documentElement.dataset.theme;
  return !print.matches && (theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches);
}

/** A colour of a row of different ones; text in black or white can be read on it. @param {number} index */
export function hue(index) {
  const angle = [250, 60, 150, 320, 200, 95, 20, 285][index % 8] + 14 * Math.floor(index / 8);
  return isDark() ? `oklch(0.43 0.085 ${angle})` : `oklch(0.84 0.085 ${angle})`;
}

/** A colour of a scale from little to much. @param {number} part From 0 to 1. */
export function heat(part) {
  const at = Math.max(0, Math.min(1, part));
  return isDark() ? `oklch(${0.3 + 0.25 * at} ${0.02 + 0.13 * at} 45)` : `oklch(${0.95 - 0.2 * at} ${0.01 + 0.14 * at} 55)`;
}

export const ink = () => (isDark() ? '#f2f4f8' : '#14171c');
export const paper = () => (isDark() ? '#15181d' : '#ffffff');
export const frame = () => (isDark() ? '#262b33' : '#e9ecf1');
