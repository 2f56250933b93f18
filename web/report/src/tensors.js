// The table of all tensors: filtered, sorted and grouped.
import { block, finite, pattern } from './data.js';
import { el, section } from './dom.js';
import { number, percent, plural, size } from './format.js';
import { Grid, order } from './grid.js';
import { histogram } from './histogram.js';

/** @typedef {import('./grid.js').Column} Column */

/**
 * @param {import('./data.js').Model} model
 * @param {(tensor: number) => void} open
 */
export function tensorTable(model, open) {
  const columns = describeColumns(model);
  /** @type {Set<string>} */
  const opened = new Set();
  let sorting = { column: '', descending: false };
  const grid = new Grid({
    id: 'tensors-grid', label: 'Tensors. Arrows walk, Enter opens.', columns, open,
    toggle: (group) => { if (!opened.delete(group)) opened.add(group); update(true); },
    sorted: (column, descending) => { sorting = { column, descending }; update(false); },
  });
  const find = el('input', { type: 'search', id: 'find', placeholder: 'layers.*.weight -bias', autocomplete: 'off', spellcheck: 'false' });
  const type = choose('type', [['', 'all types'], ...model.data.dtypes.map((name, i) => /** @type {[string, string]} */ ([String(i), name]))]);
  const only = choose('only', [['', 'all tensors'], ...shownKinds(model).map(([name, text]) => /** @type {[string, string]} */ ([name, text]))]);
  const group = choose('group', [['', 'nothing'], ['pattern', 'pattern of key'], ['block', 'layer'], ['module', 'module'], ['dtype', 'type'], ['shape', 'shape'], ['file', 'file']]);
  const status = el('p', { role: 'status', class: 'status' });
  let waiting = 0;
  const filtered = () => { clearTimeout(waiting); waiting = 0; update(false); };
  find.addEventListener('input', () => {
    clearTimeout(waiting);
    if (model.count > 20000) waiting = setTimeout(filtered, 120);
    else filtered();
  });
  // Whoever goes on to the table walks through what was asked for, and not through what was there before.
  find.addEventListener('blur', () => { if (waiting) filtered(); });
  for (const select of [type, only, group]) select.addEventListener('change', () => { opened.clear(); update(false); });

  /** @param {boolean} keep */
  function update(keep) {
    let rows = select(model, find.value, type.value, only.value);
    const column = columns.find((each) => each.id === sorting.column);
    if (column?.sort && !(column.id === 'key' && !sorting.descending)) rows = order(rows, column.sort, sorting.descending);
    grid.show(group.value ? fold(model, rows, group.value, opened) : rows.map((row) => ({ row })), group.value !== '', keep);
    const bytes = rows.reduce((sum, row) => sum + model.owned[row], 0);
    status.textContent = `${rows.length === model.count ? plural(rows.length, 'tensor') : `${rows.length.toLocaleString('en-US')} of ${plural(model.count, 'tensor')}`}, ${size(bytes)}`;
  }

  grid.mark('key', false);
  update(false);
  const tools = el('div', { class: 'tools', role: 'search', 'aria-label': 'Tensors' },
    el('label', { for: 'find', class: 'grow' }, 'Filter ', find), el('label', { for: 'only' }, 'Show ', only),
    el('label', { for: 'type' }, 'of ', type), el('label', { for: 'group' }, 'Group by ', group));
  const element = section('tensors', 'Tensors', tools, status, grid.element, grid.note);
  return {
    element,
    /** @param {string} text */
    filter(text) {
      find.value = text;
      filtered();
      element.scrollIntoView();
      find.focus({ preventScroll: true });
    },
  };
}

/** @param {import('./data.js').Model} model @returns {Column[]} */
function describeColumns(model) {
  const { tensors, statistics, differences } = model.data;
  const figure = (/** @type {string} */ id, /** @type {string} */ title, /** @type {import('./data.js').Figure[]} */ list) => ({
    id, title, numeric: true, cell: (/** @type {number} */ row) => number(list[row]), sort: (/** @type {number} */ row) => finite(list[row]),
  });
  /** @type {Column[]} */
  const columns = [
    { id: 'key', title: 'Key', cell: (row) => keyCell(model, row), sort: (row) => row },
    { id: 'dtype', title: 'Type', cell: (row) => model.dtype(row), sort: (row) => model.dtype(row) },
    { id: 'shape', title: 'Shape', wide: true, cell: (row) => model.shape(row), sort: (row) => tensors.elements[row] },
    { id: 'size', title: 'Size', numeric: true, cell: (row) => sizeCell(model, row), sort: (row) => tensors.bytes[row] },
  ];
  if (differences) {
    columns.push({ id: 'moved', title: 'Change', numeric: true, hint: 'The norm of the change over that of the reference',
      cell: (row) => changeText(model, row), sort: (row) => { const moved = model.moved(row); return moved === null ? Infinity : finite(moved); } });
  }
  if (statistics) {
    columns.push(
      { id: 'spread', title: 'Values', cell: (row) => histogram(model, row, { width: 96, height: 22 }) },
      figure('mean', 'Mean', statistics.mean), figure('deviation', 'Deviation', statistics.deviation),
      ...(differences ? [] : [figure('minimum', 'Least', statistics.minimum), figure('maximum', 'Greatest', statistics.maximum)]),
      { id: 'zeros', title: 'Zeros', numeric: true, cell: (row) => { const part = statistics.zeros[row]; return typeof part === 'number' ? percent(part) : '–'; }, sort: (row) => finite(statistics.zeros[row]) });
  }
  return columns;
}

/** @param {import('./data.js').Model} model @param {number} row */
function keyCell(model, row) {
  const remark = model.remarks(row);
  const tie = model.ties.get(row);
  const note = model.notes.get(row);
  const key = model.key(row);
  return el('span', { class: 'keytext', title: key }, el('bdi', {}, key || '(no name)'),
    remark && el('span', { class: 'tag warn', title: remark }, 'unusual'),
    tie !== undefined && el('span', { class: 'tag', title: `The same elements as ${model.key(tie)}` }, 'shared'),
    note && el('span', { class: 'tag', title: note }, note.length > 18 ? 'not readable' : note));
}

/** @param {import('./data.js').Model} model @param {number} row */
function sizeCell(model, row) {
  const bar = el('span', { class: 'bar', 'aria-hidden': 'true' });
  bar.style.setProperty('--part', String(model.total > 0 ? model.owned[row] / model.total : 0));
  return el('span', { class: 'sized' }, size(model.data.tensors.bytes[row]), bar);
}

/** @param {import('./data.js').Model} model @param {number} row */
function changeText(model, row) {
  const change = model.changes.get(row);
  if (change === undefined) return '–';
  const relative = model.data.differences?.relative[change];
  return relative === null || relative === undefined ? model.data.differences?.change[change].toLowerCase() ?? '' : number(relative);
}

/** @param {import('./data.js').Model} model */
function shownKinds(model) {
  const kinds = [];
  if (model.data.statistics) kinds.push(['unusual', 'unusual values']);
  if (model.data.differences) kinds.push(['changed', 'changed']);
  if (model.ties.size > 0) kinds.push(['shared', 'shared']);
  if (model.notes.size > 0) kinds.push(['notes', 'with a note']);
  return kinds;
}

/**
 * @param {import('./data.js').Model} model
 * @param {string} text Words that a key has all of; `*` is anything, and a word after `-` is not in it.
 * @param {string} type
 * @param {string} only
 */
function select(model, text, type, only) {
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const not = word.length > 1 && word.startsWith('-');
    const parts = (not ? word.slice(1) : word).split('*').filter(Boolean);
    return (/** @type {string} */ key) => includes(key, parts) !== not;
  });
  const keys = tests.length > 0 ? model.lowered() : [];
  const rows = [];
  for (let i = 0; i < model.count; i++) {
    if (type !== '' && model.data.tensors.dtype[i] !== Number(type)) continue;
    if (only === 'unusual' && !model.remarks(i)) continue;
    if (only === 'changed' && !model.changes.has(i)) continue;
    if (only === 'shared' && !model.ties.has(i)) continue;
    if (only === 'notes' && !model.notes.has(i)) continue;
    if (tests.every((test) => test(keys[i]))) rows.push(i);
  }
  return rows;
}

/** Whether the parts are in the key, one after the other. @param {string} key @param {string[]} parts */
function includes(key, parts) {
  let from = 0;
  for (const part of parts) {
    const at = key.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

/**
 * @param {import('./data.js').Model} model
 * @param {number[]} rows
 * @param {string} by
 * @param {Set<string>} opened
 * @returns {import('./grid.js').Line[]}
 */
function fold(model, rows, by, opened) {
  const { tensors } = model.data;
  const name = /** @type {Record<string, (row: number) => string | number>} */ ({
    pattern: (row) => pattern(model.key(row)), block: (row) => block(model.key(row)), module: (row) => tensors.module[row],
    dtype: (row) => tensors.dtype[row], shape: (row) => tensors.shape[row], file: (row) => tensors.file[row],
  })[by];
  const title = /** @type {Record<string, (row: number) => string>} */ ({
    module: (row) => model.module(row), dtype: (row) => model.dtype(row), shape: (row) => model.shape(row), file: (row) => model.file(row),
  })[by];
  /** @type {Map<string | number, number[]>} */
  const groups = new Map();
  for (const row of rows) {
    const group = name(row);
    const list = groups.get(group);
    if (list) list.push(row);
    else groups.set(group, [row]);
  }
  return [...groups].flatMap(([key, list]) => {
    const group = title ? title(list[0]) : String(key);
    const open = opened.has(group);
    const text = () => {
      const bytes = list.reduce((sum, row) => sum + model.owned[row], 0);
      return `${plural(list.length, 'tensor')}, ${size(bytes)}${model.total > 0 ? `, ${percent(bytes / model.total)}` : ''}`;
    };
    return [{ group, text, open }, ...(open ? list.map((row) => ({ row })) : [])];
  });
}

/** @param {string} id @param {[string, string][]} options */
function choose(id, options) {
  return el('select', { id }, ...options.map(([value, text]) => el('option', { value }, text)));
}
