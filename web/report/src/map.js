// The size map: boxes on a canvas, with a button over each of the uppermost ones, so that mouse, keyboard and screen reader reach them.
import { el, onResize, rove, section } from './dom.js';
import { finite, pattern } from './data.js';
import { percent, plural, size } from './format.js';
import { frame, heat, hue, ink, onTheme, paper } from './theme.js';
import { buildTree, hasTitle, layOut } from './tree.js';

/** @typedef {import('./tree.js').Place} Place */

/** So many boxes have a button; what is smaller is reached by going into what is larger. */
const mostButtons = 80;

/**
 * @param {import('./data.js').Model} model
 * @param {(tensor: number) => void} openTensor
 * @param {(text: string) => void} filter
 */
export function sizeMap(model, openTensor, filter) {
  const root = buildTree(model);
  let current = root;
  while (current.below.length === 1 && current.below[0].kind === 'module') current = current.below[0];
  let colour = model.data.differences ? 'change' : 'kind';
  /** @type {import('./tree.js').Box[]} */
  let boxes = [];

  const canvas = el('canvas', { 'aria-hidden': 'true' });
  const buttons = el('div', { class: 'map-buttons', role: 'group', 'aria-label': 'Boxes of the size map. Enter goes in, Escape goes out, arrows walk.' });
  const host = el('div', { class: 'map' }, canvas, buttons);
  const crumbs = el('nav', { class: 'crumbs', 'aria-label': 'Place in the size map' });
  const readout = el('p', { class: 'readout' });
  const select = el('select', { id: 'map-colour' }, ...choices(model).map(([value, text]) => el('option', { value, selected: value === colour }, text)));
  const legend = el('p', { class: 'legend' });
  select.addEventListener('change', () => { colour = select.value; draw(); });

  rove(buttons, () => /** @type {HTMLElement[]} */ ([...buttons.children]));
  buttons.addEventListener('keydown', (event) => {
    if ((event.key === 'Escape' || event.key === 'Backspace') && current.parent) {
      event.preventDefault();
      go(current.parent, true);
    }
  });
  host.addEventListener('pointermove', (event) => {
    const { left, top } = host.getBoundingClientRect();
    describe(find(event.clientX - left, event.clientY - top) ?? current);
  });
  host.addEventListener('pointerleave', () => describe(current));

  /** @param {Place} place @param {boolean} focus */
  function go(place, focus) {
    const from = current;
    current = place;
    draw();
    if (!focus) return;
    const at = [...buttons.children].findIndex((_, i) => shown[i] === from);
    const target = /** @type {HTMLElement | undefined} */ (buttons.children[Math.max(0, at)]);
    if (target) {
      for (const button of /** @type {Iterable<HTMLElement>} */ (buttons.children)) button.tabIndex = button === target ? 0 : -1;
      target.focus();
    }
  }

  /** @type {Place[]} */
  let shown = [];

  function draw() {
    const width = Math.max(200, host.clientWidth);
    const height = Math.round(Math.min(560, Math.max(300, width * 0.52)));
    host.style.height = `${height}px`;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    boxes = current.bytes > 0 ? layOut(current, width, height).descendants() : [];
    const context = canvas.getContext('2d');
    if (context) {
      context.scale(ratio, ratio);
      paint(context, width, height);
    }
    layButtons();
    layCrumbs();
    describe(current);
    legend.textContent = legends(model)[colour] ?? '';
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  function paint(context, width, height) {
    const fill = painter(model, colour, current);
    context.fillStyle = paper();
    context.fillRect(0, 0, width, height);
    context.textBaseline = 'top';
    for (const box of boxes) {
      const { place, children } = box.data;
      const w = box.x1 - box.x0;
      const h = box.y1 - box.y0;
      if (box.depth === 0 || w <= 0 || h <= 0) continue;
      const leaf = !children;
      context.fillStyle = leaf ? fill(place) : frame();
      context.fillRect(box.x0, box.y0, w, h);
      if (leaf ? w > 34 && h > 15 : hasTitle(box)) {
        context.fillStyle = ink();
        context.font = leaf ? '11px system-ui, sans-serif' : '600 12px system-ui, sans-serif';
        context.fillText(fit(context, leaf ? leafName(box) : w < 120 ? place.name || '(no name)' : `${place.name || '(no name)'}  ${size(place.bytes)}`, w - 8), box.x0 + 4, box.y0 + 3);
        if (leaf && h > 32 && w > 50) {
          context.globalAlpha = 0.75;
          context.fillText(fit(context, size(place.bytes), w - 8), box.x0 + 4, box.y0 + 17);
          context.globalAlpha = 1;
        }
      }
    }
  }

  function layButtons() {
    const top = boxes.filter((box) => box.depth === 1 && box.x1 > box.x0 && box.y1 > box.y0).slice(0, mostButtons);
    shown = top.map((box) => box.data.place);
    buttons.replaceChildren(...top.map((box, i) => {
      const { place } = box.data;
      const button = el('button', { type: 'button', tabindex: i === 0 ? 0 : -1, 'aria-label': words(place) });
      Object.assign(button.style, { left: `${box.x0}px`, top: `${box.y0}px`, width: `${box.x1 - box.x0}px`, height: `${box.y1 - box.y0}px` });
      button.addEventListener('focus', () => describe(place));
      button.addEventListener('click', (event) => act(place, event.detail === 0));
      return button;
    }));
  }

  /** @param {Place} place @param {boolean} focus */
  function act(place, focus) {
    if (place.kind === 'tensor') openTensor(place.index);
    else go(place, focus);
  }

  function layCrumbs() {
    const chain = [];
    for (let place = /** @type {Place | null} */ (current); place; place = place.parent) chain.unshift(place);
    crumbs.replaceChildren(el('ol', {}, ...chain.map((place) => {
      const name = place === root ? 'all' : place.name || '(no name)';
      if (place === current) return el('li', { 'aria-current': 'location' }, name);
      const button = el('button', { type: 'button' }, name);
      button.addEventListener('click', () => go(place, false));
      return el('li', {}, button);
    })));
  }

  /** @param {number} x @param {number} y */
  function find(x, y) {
    let found;
    for (const box of boxes) if (x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1) found = box.data.place;
    return found;
  }

  /** @param {Place} place */
  function describe(place) {
    readout.textContent = words(place);
  }

  /** @param {Place} place */
  function words(place) {
    const share = model.total > 0 ? `, ${percent(place.bytes / model.total)} of all` : '';
    if (place.kind === 'tensor') return `${model.key(place.index)}: ${model.dtype(place.index)} ${model.shape(place.index)}, ${size(place.bytes)}${share}`;
    const name = place === root ? 'All' : place.kind === 'rest' ? place.name : model.paths[place.index] || '(no name)';
    return `${name}: ${plural(place.tensors, 'tensor')}, ${size(place.bytes)}${share}`;
  }

  const list = el('button', { type: 'button', class: 'quiet' }, 'List these tensors below');
  list.addEventListener('click', () => filter(current.index < 0 ? '' : `${model.paths[current.index]}.*`));
  const tools = el('div', { class: 'tools' }, crumbs, el('label', { for: 'map-colour' }, 'Colour by ', select), list);
  onTheme(draw);
  onResize(host, () => { if (host.clientWidth * Math.min(3, window.devicePixelRatio || 1) !== canvas.width) draw(); });
  return section('map', 'Size map', el('p', { class: 'hint' }, 'Area is bytes; what several tensors share counts once. Click a box, or press Enter on it, to go in; Escape goes out.'), tools, host, readout, legend);
}

/** The largest tensor in a place, which stands for all of it where there is no room to draw them. @param {Place} place */
function largest(place) {
  let at = place;
  while (at.kind !== 'tensor' && at.below.length > 0) at = at.below[0];
  return at.index;
}

/** The name with those of modules above that have no room for theirs. @param {import('./tree.js').Box} box */
function leafName(box) {
  let name = box.data.place.name;
  for (let at = box.parent; at && at.depth > 0 && !hasTitle(at); at = at.parent) name = `${at.data.place.name}.${name}`;
  return name || '(no name)';
}

/** @param {import('./data.js').Model} model */
function choices(model) {
  const all = [['kind', 'kind of tensor'], ['module', 'module'], ['dtype', 'type']];
  if (model.data.differences) all.push(['change', 'change']);
  if (model.data.statistics) all.push(['deviation', 'standard deviation']);
  return all;
}

/** @param {import('./data.js').Model} model @returns {Record<string, string>} */
function legends(model) {
  return {
    change: `Pale has not changed from ${model.data.differences?.reference ?? ''}; the stronger, the further it has moved (relative change, logarithmic). New tensors are strongest.`,
    deviation: 'The stronger, the wider the values are spread (standard deviation, logarithmic).',
    kind: 'Tensors whose keys differ only in numbers have one colour.',
    dtype: 'One colour for each type.',
  };
}

/**
 * @param {import('./data.js').Model} model
 * @param {string} colour
 * @param {Place} current
 * @returns {(place: Place) => string}
 */
function painter(model, colour, current) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  const next = (/** @type {string} */ name) => {
    if (!seen.has(name)) seen.set(name, seen.size);
    return hue(seen.get(name) ?? 0);
  };
  const uppermost = (/** @type {Place} */ place) => {
    let at = place;
    while (at.parent && at.parent !== current) at = at.parent;
    return `${at.kind}${at.index}`;
  };
  const strength = scaleOf(colour === 'deviation' ? model.data.statistics?.deviation ?? [] : colour === 'change' ? model.data.differences?.relative ?? [] : []);
  const inner = (/** @type {(tensor: number) => string} */ of) => (/** @type {Place} */ place) => of(largest(place));
  if (colour === 'dtype') return inner((i) => hue(model.data.tensors.dtype[i]));
  if (colour === 'kind') return inner((i) => next(pattern(model.key(i))));
  if (colour === 'change') return inner((i) => heat(strength(model.moved(i))));
  if (colour === 'deviation') return inner((i) => heat(strength(model.data.statistics?.deviation[i] ?? 0)));
  return (place) => (place.kind === 'rest' ? frame() : next(uppermost(place)));
}

/**
 * How strong a colour a figure has among all: by its logarithm, between the small ones and the greatest.
 * @param {import('./data.js').Figure[]} figures
 * @returns {(value: import('./data.js').Figure) => number}
 */
function scaleOf(figures) {
  const sorted = figures.map(finite).filter((value) => value > 0).map(Math.log10).sort((a, b) => a - b);
  const high = sorted[sorted.length - 1] ?? 0;
  const low = Math.min(sorted[Math.floor(sorted.length * 0.02)] ?? 0, high - 0.3);
  return (value) => (typeof value !== 'number' ? 1 : value <= 0 ? 0 : 0.12 + (0.88 * Math.max(0, Math.log10(value) - low)) / (high - low));
}

/**
 * The beginning of a text that fits.
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
function fit(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let low = 0;
  let high = Math.min(text.length, 200);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low > 0 ? `${text.slice(0, low)}…` : '';
}

