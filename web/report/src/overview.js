// What the checkpoint is, and whether it is as it should be.
import { el, section } from './dom.js';
import { count, percent, plural, size, whole } from './format.js';
import { hue, onTheme } from './theme.js';

const levels = /** @type {Record<string, string>} */ ({
  Structure: 'tested: structure, no value was read',
  Checksum: 'tested: structure and checksums',
  Values: 'tested: structure, checksums and all values',
});

/** @param {import('./data.js').Model} model @param {Node} theme */
export function header(model, theme) {
  const { about, verdict } = model.data;
  const state = !verdict.passed ? 'failed' : verdict.warnings > 0 ? 'warned' : 'passed';
  const said = { failed: '✕ Did not pass', warned: '! Passed, with warnings', passed: '✓ Passed' }[state];
  const counts = [verdict.errors > 0 && plural(verdict.errors, 'error'), verdict.warnings > 0 && plural(verdict.warnings, 'warning')].filter(Boolean).join(', ');
  return el('header', {},
    el('div', { class: 'title' }, el('p', { class: 'kicker' }, `Checkpoint · ${about.format}${about.formatVersion ? ` ${about.formatVersion}` : ''}`), theme),
    el('h1', {}, el('bdi', {}, about.name)),
    el('p', { class: 'verdict', id: 'verdict' }, el('span', { class: `badge ${state}` }, said), ` ${counts ? `${counts}; ` : ''}${about.tensors === undefined ? 'it could not be listed' : levels[verdict.level] ?? ''}.`,
      verdict.weightsOnly === undefined ? '' : ` torch.load(weights_only=True) ${verdict.weightsOnly ? 'takes' : 'refuses'} it.`));
}

/** @param {import('./data.js').Model} model */
export function overview(model) {
  const { about, facts } = model.data;
  const tiles = [
    tile('Parameters', count(about.parameters ?? 0), about.parameters !== undefined && about.parameters >= 1e6 ? whole(about.parameters) : ''),
    tile('Bytes of tensors', size(about.bytes ?? 0), about.fileBytes ? `${size(about.fileBytes)} in ${plural(about.fileCount ?? 1, 'file')}` : ''),
    tile('Tensors', whole(about.tensors ?? 0), model.ties.size > 0 ? `${whole(model.ties.size)} of them shared` : ''),
    ...facts.map(([name, value]) => tile(name, value, '')),
  ];
  return section('overview', 'What it is', el('dl', { class: 'tiles' }, ...tiles), types(model));
}

/** @param {string} name @param {string} value @param {string} more */
function tile(name, value, more) {
  return el('div', { class: 'tile' }, el('dt', {}, name), el('dd', {}, el('span', { class: 'big' }, value), more && el('span', { class: 'dim' }, more)));
}

/** The bytes of each type as one bar. @param {import('./data.js').Model} model */
function types(model) {
  const { dtypes, tensors } = model.data;
  const bytes = dtypes.map(() => 0);
  const counts = dtypes.map(() => 0);
  for (let i = 0; i < model.count; i++) {
    bytes[tensors.dtype[i]] += model.owned[i];
    counts[tensors.dtype[i]]++;
  }
  const rows = dtypes.map((name, i) => ({ name, i })).sort((a, b) => bytes[b.i] - bytes[a.i]);
  const swatches = /** @type {[HTMLElement, number][]} */ ([]);
  const coloured = (/** @type {HTMLElement} */ element, /** @type {number} */ i) => { swatches.push([element, i]); return element; };
  const bar = el('div', { class: 'stack', 'aria-hidden': 'true' }, ...rows.filter(({ i }) => bytes[i] > 0).map(({ i }) => {
    const piece = coloured(el('span'), i);
    piece.style.flexGrow = String(bytes[i] / (model.total || 1));
    return piece;
  }));
  const list = el('ul', { class: 'types' }, ...rows.map(({ name, i }) =>
    el('li', {}, coloured(el('span', { class: 'swatch', 'aria-hidden': 'true' }), i), el('b', {}, name), ` ${plural(counts[i], 'tensor')}, ${size(bytes[i])}${model.total > 0 ? `, ${percent(bytes[i] / model.total)}` : ''}`)));
  const paint = () => swatches.forEach(([element, i]) => { element.style.backgroundColor = hue(i); });
  onTheme(paint);
  paint();
  return el('div', { class: 'dtypes' }, model.total > 0 && bar, list);
}

/** @param {import('./data.js').Model} model @param {(key: string) => void} show */
export function findings(model, show) {
  const { verdict, about } = model.data;
  return section('findings', 'Findings',
    about.unsafe && about.unsafe.length > 0 && el('p', { class: 'alert' }, 'The file names what could run code if PyTorch loaded it: ',
      ...about.unsafe.flatMap((name, i) => [i > 0 ? ', ' : '', el('code', {}, name)]), '. Nothing of it was run to make this page.'),
    about.unknown && about.unknown.length > 0 && el('p', {}, 'It names what is not known to be inert: ', ...about.unknown.flatMap((name, i) => [i > 0 ? ', ' : '', el('code', {}, name)]), '.'),
    list(verdict.findings, verdict.moreFindings, 'Nothing was found to be wrong.', show));
}

/**
 * @param {import('./data.js').Finding[]} all
 * @param {number} more
 * @param {string} none
 * @param {(key: string) => void} show
 */
export function list(all, more, none, show) {
  if (all.length === 0) return el('p', { class: 'hint' }, none);
  const most = 12;
  const item = (/** @type {import('./data.js').Finding} */ finding) => {
    const key = finding.key;
    const button = key !== null && key !== '' && finding.code !== 'ModuleKeyMissing' && el('button', { type: 'button', class: 'link' }, 'show');
    if (button) button.addEventListener('click', () => show(/** @type {string} */ (key)));
    return el('li', { class: finding.severity.toLowerCase() }, el('span', { class: `tag ${finding.severity.toLowerCase()}` }, finding.severity.toLowerCase()),
      ' ', el('code', {}, finding.code), ' ', el('bdi', {}, finding.message), ' ', button);
  };
  return el('div', {}, el('ul', { class: 'findings' }, ...all.slice(0, most).map(item)),
    all.length > most && el('details', {}, el('summary', {}, `${plural(all.length - most + more, 'more finding')}`),
      el('ul', { class: 'findings' }, ...all.slice(most).map(item), more > 0 && el('li', {}, `and ${plural(more, 'more')} that are not on this page`))));
}

/** @param {import('./data.js').Model} model @param {(key: string) => void} show */
export function moduleFit(model, show) {
  const module = model.data.module;
  if (!module) return null;
  const kinds = /** @type {[string, string][]} */ ([['ModuleKeyMissing', 'missing'], ['ModuleKeyUnexpected', 'unexpected'], ['ModuleShapeMismatch', 'of another shape'],
    ['ModuleDTypeMismatch', 'of a type that has no place'], ['ModuleDTypeCast', 'would be cast'], ['ModuleTensorUnreadable', 'unreadable'], ['ModuleKeyAmbiguous', 'ambiguous']]);
  const counts = kinds.map(([code, text]) => [module.findings.filter((finding) => finding.code === code).length, text]).filter(([n]) => Number(n) > 0);
  const words = counts.map(([n, text]) => `${Number(n).toLocaleString('en-US')} ${text}`).join(', ');
  const fits = !module.findings.some((finding) => finding.severity === 'Error');
  return section('module', 'Fit with the module',
    el('p', {}, el('bdi', {}, module.name), ` has ${plural(module.parameters, 'parameter or buffer', 'parameters and buffers')}. `,
      fits ? `The checkpoint fits${words ? `; ${words}` : ''}.` : `Of these and the checkpoint's keys: ${words}.`),
    list(module.findings, module.moreFindings, 'Every key, shape and type fits.', show));
}

/** The values that are no tensors. @param {import('./data.js').Model} model */
export function values(model) {
  const { values, moreValues, metadata } = model.data;
  if (values.length + metadata.length === 0) return null;
  const table = (/** @type {string} */ title, /** @type {[string, string][]} */ rows, /** @type {number} */ more) => rows.length > 0 && el('details', { open: rows.length <= 12 },
    el('summary', {}, `${title} (${whole(rows.length + more)})`),
    el('dl', { class: 'facts' }, ...rows.flatMap(([key, value]) => [el('dt', {}, el('bdi', {}, key)), el('dd', {}, el('bdi', {}, value))])),
    more > 0 && el('p', { class: 'hint' }, `and ${plural(more, 'more')}`));
  return section('values', 'What else is in it', table('Values', values, moreValues), table('Metadata', metadata, 0));
}
