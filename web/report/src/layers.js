// Histograms of the same tensor in all layers, side by side on one axis, so that an odd layer is seen at once.
import { el, rove, section } from './dom.js';
import { number, plural } from './format.js';
import { histogram } from './histogram.js';

/** So many are drawn before somebody asks for more. */
const mostFamilies = 6;
const mostCells = 120;
const mostNamed = 12;

/**
 * @param {import('./data.js').Model} model
 * @param {import('./odd.js').Family[]} families
 * @param {(tensor: number) => void} open
 */
export function layers(model, families, open) {
  const marked = families.flatMap((family) => family.odd);
  const words = marked.length === 0
    ? 'No tensor stands out from those of the same name in other layers.'
    : `${plural(marked.length, 'tensor stands', 'tensors stand')} out from those of the same name in other layers, or hold what they should not:`;
  const body = el('div', { class: 'families' });
  const more = el('button', { type: 'button' });
  let shown = 0;
  const add = (/** @type {number} */ upTo) => {
    for (; shown < Math.min(upTo, families.length); shown++) body.append(drawFamily(model, families[shown], open));
    more.textContent = `Show ${plural(families.length - shown, 'more set')}`;
    more.hidden = shown >= families.length;
  };
  more.addEventListener('click', () => add(shown + 12));
  add(mostFamilies);
  return section('layers', 'Values by layer',
    el('p', { class: marked.length > 0 ? 'alert' : 'hint' }, words),
    marked.length > 0 && el('ul', { class: 'marked' }, ...marked.slice(0, mostNamed).map((i) => {
      const button = el('button', { type: 'button', class: 'link' }, el('bdi', {}, model.key(i)));
      button.addEventListener('click', () => open(i));
      return el('li', {}, button, ` ${model.remarks(i)}`);
    }), marked.length > mostNamed && el('li', {}, `and ${plural(marked.length - mostNamed, 'more')}, marked below`)),
    el('p', { class: 'hint' }, 'Each box is one layer; all boxes of a set have one axis, wide enough for the usual layer, and each is as high as its tallest bin. The dashed line is zero.'),
    body, more);
}

/**
 * @param {import('./data.js').Model} model
 * @param {import('./odd.js').Family} family
 * @param {(tensor: number) => void} open
 */
function drawFamily(model, family, open) {
  const tensors = family.tensors.length > mostCells ? [...new Set([...family.odd, ...family.tensors])].slice(0, mostCells).sort((a, b) => a - b) : family.tensors;
  const odd = new Set(family.odd);
  const cells = tensors.map((i, n) => {
    const layer = label(model.key(i));
    const remark = model.remarks(i);
    const figures = `mean ${number(model.data.statistics?.mean[i])}, deviation ${number(model.data.statistics?.deviation[i])}`;
    const cell = el('button', { type: 'button', class: odd.has(i) ? 'cellbox odd' : 'cellbox', tabindex: n === 0 ? 0 : -1,
      'aria-label': `${layer}: ${figures}${remark ? `; ${remark}` : ''}`, title: `${figures}${remark ? `\n${remark}` : ''}` },
      histogram(model, i, { width: 92, height: 40, low: family.low, high: family.high, zero: true }),
      el('span', { class: 'layer' }, layer, odd.has(i) && el('span', { class: 'flag', 'aria-hidden': 'true' }, ' ▲')));
    cell.addEventListener('click', () => open(i));
    return cell;
  });
  const grid = el('div', { class: 'multiples', role: 'group', 'aria-label': `Layers of ${family.pattern}` }, ...cells);
  rove(grid, () => cells);
  return el('div', { class: 'family' },
    el('h3', {}, el('bdi', {}, family.pattern), el('span', { class: 'dim' }, `  ${plural(family.tensors.length, 'layer')}, ${number(family.low)} to ${number(family.high)}`)),
    grid,
    family.tensors.length > tensors.length && el('p', { class: 'hint' }, `The first ${tensors.length} of ${family.tensors.length}, and those that stand out.`));
}

/** The numbers in a key: which layer it is. @param {string} key */
const label = (key) => [...key.matchAll(/(?:^|\.)(\d+)(?=\.|$)/g)].map((match) => match[1]).join('.') || key;
