// Histograms as small drawings. Heights come as letters, from none to the tallest bin.
import { finite } from './data.js';
import { svg } from './dom.js';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const heights = new Map([...letters].map((letter, i) => [letter, i / (letters.length - 1)]));

/**
 * @param {import('./data.js').Model} model
 * @param {number} tensor
 * @param {{ width: number, height: number, low?: number, high?: number, zero?: boolean }} frame The axis is the tensor's own unless one is given.
 */
export function histogram(model, tensor, frame) {
  const statistics = model.data.statistics;
  const bins = statistics?.histogram[tensor];
  const least = finite(statistics?.minimum[tensor]);
  const most = finite(statistics?.maximum[tensor]);
  const { width, height } = frame;
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, class: 'histogram', 'aria-hidden': 'true', preserveAspectRatio: 'none' });
  if (!bins || Number.isNaN(least) || Number.isNaN(most)) return picture;
  const low = frame.low ?? (least === most ? least - 1 : least);
  const high = frame.high ?? (least === most ? most + 1 : most);
  // By halves: the distance of the greatest numbers is no number.
  const x = (/** @type {number} */ value) => Math.max(0, Math.min(width, ((value / 2 - low / 2) / (high / 2 - low / 2)) * width));
  // One number has one bin that is wide enough to be seen.
  const start = least === most ? least - (high / 2 - low / 2) / 30 : least;
  const end = least === most ? least + (high / 2 - low / 2) / 30 : most;
  const edge = (/** @type {number} */ i) => x(start + (end / bins.length - start / bins.length) * i).toFixed(1);
  let path = `M${x(start).toFixed(1)} ${height}`;
  for (let i = 0; i < bins.length; i++) {
    const y = (height * (1 - (least === most ? 1 : heights.get(bins[i]) ?? 0))).toFixed(1);
    path += `L${edge(i)} ${y}L${edge(i + 1)} ${y}`;
  }
  picture.append(svg('path', { d: `${path}L${edge(bins.length)} ${height}Z` }));
  if (frame.zero && low < 0 && high > 0) picture.append(svg('line', { x1: x(0), x2: x(0), y1: 0, y2: height, class: 'zero' }));
  return picture;
}
