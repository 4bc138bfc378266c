// Elements from plain data. Strings become text nodes, so nothing of the traffic can become markup.

/** Makes an element: `class`, `on…` handlers and properties such as `value` and `hidden` are set as such, all else as attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  fill(node, children);
  return node;
}

/** Replaces what is in an element. */
export function put(node, ...children) {
  node.replaceChildren();
  fill(node, children);
  return node;
}

/** Sets text only when it changed: layout is not disturbed for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const properties = new Set(['hidden', 'value', 'checked', 'disabled', 'readOnly', 'selected', 'indeterminate', 'required', 'open']);

function set(node, name, value) {
  if (value === undefined || value === null) return;
  if (name === 'class') node.className = value;
  else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
  else if (name === 'data') Object.assign(node.dataset, value);
  else if (properties.has(name)) node[name] = value;
  else if (value !== false) node.setAttribute(name, value === true ? '' : String(value));
}

function fill(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

let ids = 0;

/** An id that is used nowhere else in the page. */
export const freshId = (prefix) => `${prefix}-${++ids}`;

/** Text for screen readers only. */
export const spoken = (text) => el('span', { class: 'spoken' }, text);
