// Which tensors are unlike the others of the same name in other layers.
import { finite, pattern } from './data.js';

/** @typedef {{ pattern: string, tensors: number[], odd: number[], bytes: number, low: number, high: number }} Family */

/** Fewer layers than this say nothing of what is usual. */
const fewest = 4;

/**
 * Tensors whose keys differ only in numbers, with those that stand out. Also tells the model of each of these.
 * @param {import('./data.js').Model} model
 * @returns {Family[]}
 */
export function findFamilies(model) {
  const statistics = model.data.statistics;
  if (!statistics) return [];
  /** @type {Map<string, number[]>} */
  const families = new Map();
  for (let i = 0; i < model.count; i++) {
    if (statistics.histogram[i] === null || statistics.histogram[i] === undefined) continue;
    const name = pattern(model.key(i));
    const list = families.get(name);
    if (list) list.push(i);
    else families.set(name, [i]);
  }
  const found = [];
  for (const [name, tensors] of families) {
    if (tensors.length < 2) continue;
    const bytes = tensors.reduce((sum, i) => sum + model.owned[i], 0);
    const odd = tensors.length >= fewest ? judge(model, statistics, tensors) : [];
    // Those with a fault of another kind stand out as well.
    const marked = tensors.filter((i) => odd.includes(i) || model.nonFinite.has(i) || model.health.has(i));
    const usual = tensors.filter((i) => !odd.includes(i));
    const low = median((usual.length > 0 ? usual : tensors).map((i) => finite(statistics.minimum[i])));
    const high = median((usual.length > 0 ? usual : tensors).map((i) => finite(statistics.maximum[i])));
    const margin = (high / 2 - low / 2 || Math.abs(high) || 1) * 0.4;
    found.push({ pattern: name, tensors, odd: marked, bytes, low: Math.max(low - margin, -Number.MAX_VALUE), high: Math.min(high + margin, Number.MAX_VALUE) });
  }
  return found.sort((a, b) => Number(b.odd.length > 0) - Number(a.odd.length > 0) || b.bytes - a.bytes);
}

/**
 * @param {import('./data.js').Model} model
 * @param {import('./data.js').Statistics} statistics
 * @param {number[]} tensors
 */
function judge(model, statistics, tensors) {
  const deviations = tensors.map((i) => finite(statistics.deviation[i]));
  const typical = median(deviations);
  const scale = typical || 1;
  // Of few numbers a figure says less: so many of its standard errors are nothing to tell.
  const doubt = tensors.map((i) => 3 / Math.sqrt(Math.max(1, model.data.tensors.elements[i])));
  /** What to say, the figures, how far from the usual one is worth telling, and the standard error of one number. @type {[(value: number, usual: number) => string, number[], number, number][]} */
  const measures = [
    [(value, usual) => spread(10 ** value, 10 ** usual), deviations.map((value) => Math.log10(Math.max(value, typical * 1e-6, 1e-38))), Math.log10(1.4), 0.31],
    [() => 'its centre is elsewhere', tensors.map((i) => finite(statistics.mean[i]) / scale), 0.4, 1],
    // Between the quartiles lie 1.35 deviations of a bell, and 1.73 of a box.
    [() => 'its values are spread in another shape', tensors.map((i, n) => (finite(statistics.p75[i]) - finite(statistics.p25[i])) / (deviations[n] || NaN)), 0.22, 1.2],
  ];
  const odd = new Set();
  for (const [say, values, least, error] of measures) {
    const usual = median(values);
    const distance = median(values.map((value) => Math.abs(value - usual)));
    values.forEach((value, n) => {
      const i = tensors[n];
      if (Math.abs(value - usual) > Math.max(least + error * doubt[n], 6 * 1.4826 * distance) && !odd.has(i)) {
        odd.add(i);
        model.odd.set(i, say(value, usual));
      }
    });
  }
  return [...odd];
}

/** @param {number} value @param {number} usual */
function spread(value, usual) {
  const times = value / usual;
  if (times < 1e-4) return 'all values are nearly equal, unlike its siblings';
  return times > 1 ? `spread ${times.toPrecision(2)} times as wide as its siblings` : `spread ${(1 / times).toPrecision(2)} times as narrow as its siblings`;
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
