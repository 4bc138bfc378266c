import { el, put } from '../dom.js';
import { icon } from '../icons.js';

const next = { auto: 'light', light: 'dark', dark: 'auto' };
const icons = { auto: 'auto', light: 'sun', dark: 'moon' };
const words = { auto: 'as the system', light: 'light', dark: 'dark' };

function read() {
  try {
    const theme = localStorage.getItem('ggrok.theme');
    return theme in next ? theme : 'auto';
  } catch {
    return 'auto';
  }
}

function write(theme) {
  try {
    if (theme === 'auto') localStorage.removeItem('ggrok.theme');
    else localStorage.setItem('ggrok.theme', theme);
  } catch {
    // It holds until the page is left, then.
  }
}

/** The button that leads from automatic to light to dark. */
export function themeButton() {
  const button = el('button', { class: 'button plain only', type: 'button', id: 'theme' });
  const show = (theme) => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    put(button, icon(icons[theme]));
    button.title = `Theme: ${words[theme]}`;
    button.setAttribute('aria-label', `Theme: ${words[theme]}. Change to ${words[next[theme]]}.`);
  };
  let theme = read();
  show(theme);
  button.addEventListener('click', () => {
    theme = next[theme];
    write(theme);
    show(theme);
  });
  return button;
}
