// All that is known of one tensor, in a dialog.
import { el } from './dom.js';
import { number, percent, size, whole } from './format.js';
import { histogram } from './histogram.js';

/**
 * @param {import('./data.js').Model} model
 * @returns {{ element: HTMLElement, open: (tensor: number) => void }}
 */
export function details(model) {
  const title = el('h2', { id: 'details-title' });
  const close = el('button', { type: 'button', class: 'quiet', 'aria-label': 'Close' }, '✕');
  const body = el('div', {});
  const dialog = el('dialog', { id: 'details', 'aria-labelledby': 'details-title' }, el('div', { class: 'dialog-head' }, title, close), body);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  return {
    element: dialog,
    open(tensor) {
      title.replaceChildren(el('bdi', {}, model.key(tensor) || '(no name)'));
      body.replaceChildren(...describe(model, tensor));
      if (!dialog.open) dialog.showModal();
    },
  };
}

/** @param {import('./data.js').Model} model @param {number} i */
function describe(model, i) {
  const { tensors, statistics, differences } = model.data;
  /** @type {[string, string][]} */
  const facts = [
    ['Type', model.dtype(i)], ['Shape', model.shape(i)], ['Elements', whole(tensors.elements[i])],
    ['Size', `${size(tensors.bytes[i])}${model.total > 0 ? `, ${percent(model.owned[i] / model.total)} of all` : ''}`], ['File', model.file(i)],
  ];
  const tie = model.ties.get(i);
  if (tie !== undefined) facts.push(['Same elements as', model.key(tie)]);
  const note = model.notes.get(i);
  if (note) facts.push(['Note', note]);
  const change = model.changes.get(i);
  if (differences && change !== undefined) {
    facts.push(['Change', `${differences.change[change]} ${differences.note[change]}`.trim()], ['Relative change', number(differences.relative[change])],
      ['Greatest difference', number(differences.maximum[change])], ['Cosine', number(differences.cosine[change])]);
  }
  const result = [el('dl', { class: 'facts' }, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, el('bdi', {}, value))]))];
  const remark = model.remarks(i);
  if (remark) result.unshift(/** @type {any} */ (el('p', { class: 'alert' }, remark)));
  if (statistics && statistics.mean[i] !== null && statistics.mean[i] !== undefined) {
    const rows = [['Least', statistics.minimum], ['1 %', statistics.p1], ['5 %', statistics.p5], ['25 %', statistics.p25], ['Median', statistics.p50], ['75 %', statistics.p75],
      ['95 %', statistics.p95], ['99 %', statistics.p99], ['Greatest', statistics.maximum], ['Mean', statistics.mean], ['Deviation', statistics.deviation], ['Norm', statistics.norm]];
    result.push(/** @type {any} */ (el('div', { class: 'large' }, histogram(model, i, { width: 560, height: 130, zero: true }),
      el('div', { class: 'axis' }, el('span', {}, number(statistics.minimum[i])), el('span', {}, number(statistics.maximum[i]))))),
      el('dl', { class: 'facts figures' }, ...rows.flatMap(([name, list]) => [el('dt', {}, /** @type {string} */ (name)), el('dd', {}, number(/** @type {any} */ (list)[i]))])));
  }
  return result;
}
