// Numbers as a person reads them.

const binary = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** @param {number} bytes */
export function size(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < binary.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${binary[unit]}`;
}

/** @param {number} value */
export function count(value) {
  const units = /** @type {const} */ ([[1e12, 'T'], [1e9, 'B'], [1e6, 'M']]);
  const unit = units.find(([least]) => value >= least);
  return unit ? `${(value / unit[0]).toPrecision(3)} ${unit[1]}` : whole(value);
}

const grouped = new Intl.NumberFormat('en-US');

/** @param {number} value */
export const whole = (value) => grouped.format(value);

/** @param {number} part From 0 to 1. */
export function percent(part) {
  const value = part * 100;
  return value === 0 ? '0 %' : value < 0.1 ? '< 0.1 %' : value > 99.9 && value < 100 ? '> 99.9 %' : `${value.toFixed(value < 10 ? 1 : 0)} %`;
}

/** @param {number | string | null | undefined} value A text is what JSON has no number for. */
export function number(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-2 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace('-', '−').replace('e−', 'e-').replace('e+', 'e');
}

/**
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
export const plural = (n, one, many = `${one}s`) => `${whole(n)} ${n === 1 ? one : many}`;
