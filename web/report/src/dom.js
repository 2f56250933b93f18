// Makes elements. Text from a checkpoint becomes text nodes and attributes of no meaning, never markup.

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  set(element, attributes);
  element.append(...present(children));
  return element;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...Child} children
 */
export function svg(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  set(element, attributes);
  element.append(...present(children));
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** @param {Child[]} children */
function present(children) {
  return /** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== undefined && child !== false));
}

/**
 * A section of the page with its heading.
 * @param {string} id
 * @param {string} title
 * @param {...Child} children
 */
export function section(id, title, ...children) {
  const heading = el('h2', { id: `${id}-title` }, title);
  return el('section', { id, 'aria-labelledby': `${id}-title` }, heading, ...children);
}

/**
 * Does something when an element has another size: in the next frame, since what changes sizes itself would be told again in this one,
 * which a browser takes for an error.
 * @param {HTMLElement} element
 * @param {() => void} work
 */
export function onResize(element, work) {
  new ResizeObserver(() => requestAnimationFrame(work)).observe(element);
}

/**
 * Arrow keys walk through buttons of which Tab reaches one.
 * @param {HTMLElement} host
 * @param {() => HTMLElement[]} items
 */
export function rove(host, items) {
  host.addEventListener('keydown', (event) => {
    const all = items();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 });
    const next = all[steps[event.key] ?? -1];
    if (at < 0 || !next) return;
    event.preventDefault();
    all.forEach((item) => { item.tabIndex = item === next ? 0 : -1; });
    next.focus();
  });
}
