// Puts the page together from the data in it.
import { Model } from './data.js';
import { details } from './details.js';
import { differenceTable } from './differences.js';
import { el } from './dom.js';
import { layers } from './layers.js';
import { sizeMap } from './map.js';
import { findFamilies } from './odd.js';
import { findings, header, moduleFit, overview, values } from './overview.js';
import { tensorTable } from './tensors.js';
import { themeButton } from './theme.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
const model = new Model(JSON.parse(document.getElementById('data')?.textContent ?? '{}'));
const families = findFamilies(model);
const dialog = details(model);
const table = model.count > 0 ? tensorTable(model, dialog.open) : null;
const filter = (/** @type {string} */ text) => table?.filter(text);
const show = (/** @type {string} */ key) => {
  const tensor = model.find(key);
  if (tensor >= 0) dialog.open(tensor);
  else filter(key);
};

const sections = [
  model.data.about.tensors !== undefined && overview(model),
  findings(model, show),
  moduleFit(model, show),
  model.data.differences && differenceTable(model, model.data.differences, dialog.open),
  model.total > 0 && sizeMap(model, dialog.open, filter),
  families.length > 0 && layers(model, families, dialog.open),
  table?.element,
  values(model),
].filter((part) => part instanceof HTMLElement);

const links = sections.map((part) => el('li', {}, el('a', { href: `#${part.id}` }, part.querySelector('h2')?.textContent ?? '')));
app.append(
  header(model, themeButton()),
  el('nav', { class: 'contents', 'aria-label': 'Sections' }, el('ul', {}, ...links)),
  el('main', {}, ...sections),
  el('footer', {}, el('p', {}, 'Made by LowMem. Nothing in the checkpoint was run, and this page fetches nothing.')),
  dialog.element);
document.documentElement.dataset.ready = 'true';
performance.mark('usable');
