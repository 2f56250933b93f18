// What the page is told, and what follows from it. Columns are as long as there are tensors.

/**
 * @typedef {number | string | null} Figure
 * @typedef {{ severity: string, code: string, key: string | null, message: string }} Finding
 * @typedef {{ minimum: Figure[], maximum: Figure[], mean: Figure[], deviation: Figure[], norm: Figure[], zeros: Figure[],
 *   p1: Figure[], p5: Figure[], p25: Figure[], p50: Figure[], p75: Figure[], p95: Figure[], p99: Figure[],
 *   histogram: (string | null)[], nonFinite: number[], health: (number | string)[] }} Statistics
 * @typedef {{ name: string, reference: string, equal: boolean, faults: string[], moreFaults: number, change: string[], tensor: number[],
 *   key: string[], note: string[], relative: Figure[], maximum: Figure[], cosine: Figure[], differing: Figure[] }} Differences
 * @typedef {{
 *   about: { name: string, format: string, formatVersion?: string | null, tensors?: number, parameters?: number, bytes?: number,
 *     fileBytes?: number, shards?: number, fileCount?: number, unsafe?: string[], unknown?: string[], globals?: number },
 *   verdict: { passed: boolean, level: string, errors: number, warnings: number, weightsOnly?: boolean, findings: Finding[], moreFindings: number },
 *   facts: [string, string][], values: [string, string][], moreValues: number, metadata: [string, string][],
 *   modules: { parent: number[], name: string[] },
 *   tensors: { module: number[], name: string[], dtype: number[], shape: number[], file: number[], elements: number[], bytes: number[],
 *     ties: number[], notes: (number | string)[] },
 *   dtypes: string[], shapes: string[], files: string[],
 *   statistics?: Statistics, differences?: Differences,
 *   module?: { name: string, parameters: number, findings: Finding[], moreFindings: number }
 * }} PageData
 */

export class Model {
  /** @param {PageData} data */
  constructor(data) {
    this.data = data;
    this.count = data.tensors.name.length;
    /** @type {string[]} */
    this.paths = [];
    data.modules.name.forEach((name, i) => {
      const parent = data.modules.parent[i];
      this.paths.push(parent < 0 ? name : `${this.paths[parent]}.${name}`);
    });
    /** The tensor that has the same elements, by the tensor. @type {Map<number, number>} */
    this.ties = new Map(pairs(data.tensors.ties));
    /** @type {Map<number, string>} */
    this.notes = new Map(pairs(/** @type {any[]} */ (data.tensors.notes)));
    /** @type {Map<number, string>} */
    this.health = new Map(pairs(/** @type {any[]} */ (data.statistics?.health ?? [])));
    /** @type {Map<number, [number, number]>} */
    this.nonFinite = new Map();
    const odd = data.statistics?.nonFinite ?? [];
    for (let i = 0; i < odd.length; i += 3) this.nonFinite.set(odd[i], [odd[i + 1], odd[i + 2]]);
    /** Bytes that no tensor before has counted. */
    this.owned = Float64Array.from(data.tensors.bytes, (bytes, i) => (this.ties.has(i) ? 0 : bytes));
    this.total = this.owned.reduce((sum, bytes) => sum + bytes, 0);
    /** The place among the differences, by the tensor. @type {Map<number, number>} */
    this.changes = new Map();
    data.differences?.tensor.forEach((tensor, i) => { if (tensor >= 0) this.changes.set(tensor, i); });
    /** @type {string[]} */
    this.keys = [];
    /** @type {string[] | undefined} */
    this.small = undefined;
    /** @type {Map<number, string>} Why a tensor is unlike its siblings. */
    this.odd = new Map();
  }

  /** @param {number} i */
  key(i) {
    const known = this.keys[i];
    if (known !== undefined) return known;
    const module = this.data.tensors.module[i];
    const name = this.data.tensors.name[i];
    return this.keys[i] = module < 0 ? name : `${this.paths[module]}.${name}`;
  }

  /** @param {number} i */
  module(i) {
    const module = this.data.tensors.module[i];
    return module < 0 ? '' : this.paths[module];
  }

  /** @param {number} i */
  dtype(i) { return this.data.dtypes[this.data.tensors.dtype[i]]; }

  /** @param {number} i */
  shape(i) { return this.data.shapes[this.data.tensors.shape[i]]; }

  /** @param {number} i */
  file(i) { return this.data.files[this.data.tensors.file[i]]; }

  /** How far a tensor has moved from the reference; null where that is not known. @param {number} i */
  moved(i) {
    const change = this.changes.get(i);
    return change === undefined ? 0 : this.data.differences?.relative[change] ?? null;
  }

  /** The tensor of a key; -1 when there is none. @param {string} key */
  find(key) {
    for (let i = 0; i < this.count; i++) if (this.key(i) === key) return i;
    return -1;
  }

  /** Keys in small letters, made when somebody looks for one. */
  lowered() {
    return this.small ??= Array.from({ length: this.count }, (_, i) => this.key(i).toLowerCase());
  }

  /** What is not as it should be with a tensor's values, in words. @param {number} i */
  remarks(i) {
    const words = [];
    const odd = this.nonFinite.get(i);
    if (odd) words.push([odd[0] && `${odd[0]} NaN`, odd[1] && `${odd[1]} infinite`].filter(Boolean).join(', '));
    const health = this.health.get(i);
    if (health) words.push(health);
    const unlike = this.odd.get(i);
    if (unlike) words.push(unlike);
    return words.join('; ');
  }
}

/** The key with its numbers folded, so that all layers have one. @param {string} key */
export const pattern = (key) => key.replace(/(^|\.)\d+(?=\.|$)/g, '$1*');

/** The beginning of a key up to its first number: one layer of many. @param {string} key */
export const block = (key) => /^(?:[^.]*\.)*?\d+(?=\.)/.exec(key)?.[0] ?? key.split('.')[0];

/** A figure, where it is a number that can be drawn. @param {Figure | undefined} figure */
export const finite = (figure) => (typeof figure === 'number' ? figure : NaN);

/**
 * @template T
 * @param {T[]} list
 * @returns {[T, T][]}
 */
function pairs(list) {
  /** @type {[T, T][]} */
  const result = [];
  for (let i = 0; i < list.length; i += 2) result.push([list[i], list[i + 1]]);
  return result;
}
