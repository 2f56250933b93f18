// What differs from another checkpoint, what moved most first.
import { finite } from './data.js';
import { el, section } from './dom.js';
import { number, percent, plural } from './format.js';
import { Grid, order } from './grid.js';

const words = /** @type {Record<string, string>} */ ({ Added: 'added', Removed: 'removed', Renamed: 'renamed', Shape: 'of another shape', DType: 'of another type', Value: 'with other values' });

/**
 * @param {import('./data.js').Model} model
 * @param {import('./data.js').Differences} differences
 * @param {(tensor: number) => void} open
 */
export function differenceTable(model, differences, open) {
  const { change, tensor, key, note, relative, maximum, cosine, differing } = differences;
  const greatest = Math.max(...relative.slice(0, 1000).map((value) => finite(value) || 0), 1e-30);
  const figure = (/** @type {string} */ id, /** @type {string} */ title, /** @type {import('./data.js').Figure[]} */ list) => ({
    id, title, numeric: true, cell: (/** @type {number} */ row) => number(list[row]), sort: (/** @type {number} */ row) => finite(list[row]),
  });
  /** @type {import('./grid.js').Column[]} */
  const columns = [
    { id: 'key', title: 'Key', cell: (row) => el('span', { class: 'keytext', title: name(row) }, el('bdi', {}, name(row) || '(no name)')), sort: (row) => name(row) },
    { id: 'change', title: 'What', cell: (row) => el('span', { class: `tag ${change[row].toLowerCase()}` }, change[row].toLowerCase()), sort: (row) => change[row] },
    { id: 'relative', title: 'Relative change', numeric: true, hint: 'The norm of the change over that of the reference', sort: (row) => finite(relative[row]),
      cell: (row) => {
        const bar = el('span', { class: 'bar', 'aria-hidden': 'true' });
        bar.style.setProperty('--part', String((finite(relative[row]) || 0) / greatest));
        return el('span', { class: 'sized' }, number(relative[row]), bar);
      } },
    figure('maximum', 'Greatest', maximum),
    figure('cosine', 'Cosine', cosine),
    { id: 'differing', title: 'Elements', numeric: true, cell: (row) => { const part = differing[row]; return typeof part === 'number' ? percent(part) : '–'; }, sort: (row) => finite(differing[row]) },
    { id: 'note', title: 'How', wide: true, cell: (row) => note[row] },
  ];
  function name(/** @type {number} */ row) { return tensor[row] >= 0 ? model.key(tensor[row]) : key[row]; }

  const all = change.map((_, row) => row);
  const grid = new Grid({
    id: 'differences-grid', label: 'Differences. Arrows walk, Enter opens.', columns,
    open: (row) => { if (tensor[row] >= 0) open(tensor[row]); },
    sorted: (column, descending) => {
      const by = columns.find((each) => each.id === column)?.sort;
      if (by) grid.show(order(all, by, descending).map((row) => ({ row })), false);
    },
  });
  grid.show(all.map((row) => ({ row })), false);
  const counts = Object.entries(words).map(([kind, text]) => [change.filter((each) => each === kind).length, text]).filter(([n]) => Number(n) > 0);
  return section('differences', 'Differences',
    el('p', {}, el('bdi', {}, differences.name), ' against ', el('bdi', {}, differences.reference), ': ',
      differences.equal ? 'the two are equal.' : `${counts.map(([n, text]) => `${Number(n).toLocaleString('en-US')} ${text}`).join(', ') || 'nothing differs of what could be compared'}.`),
    differences.faults.length > 0 && el('ul', { class: 'findings' }, ...differences.faults.map((fault) => el('li', { class: 'error' }, fault)),
      differences.moreFaults > 0 && el('li', {}, `and ${plural(differences.moreFaults, 'more')}`)),
    change.length > 0 && grid.element, grid.note);
}
