// The modules as a tree for the map, and how much of it is worth drawing.
import { hierarchy, treemap } from 'd3-hierarchy';

/**
 * A place in the tree: a module, a tensor, or what is too small to be drawn by itself.
 * @typedef {{ kind: 'module' | 'tensor' | 'rest', index: number, name: string, bytes: number, tensors: number, parent: Place | null, below: Place[] }} Place
 * @typedef {{ place: Place, children?: Drawn[], value: number }} Drawn
 * @typedef {import('d3-hierarchy').HierarchyRectangularNode<Drawn>} Box
 */

/** The least area of a box, in square pixels, that is drawn by itself. */
const least = 40;

/**
 * @param {import('./data.js').Model} model
 * @returns {Place}
 */
export function buildTree(model) {
  const { modules, tensors } = model.data;
  /** @type {Place} */
  const root = { kind: 'module', index: -1, name: model.data.about.name, bytes: 0, tensors: 0, parent: null, below: [] };
  /** @type {Place[]} */
  const places = modules.name.map((name, index) => ({ kind: 'module', index, name, bytes: 0, tensors: 0, parent: null, below: [] }));
  const above = (/** @type {number} */ index) => (index < 0 ? root : places[index]);
  for (let i = 0; i < model.count; i++) {
    const parent = above(tensors.module[i]);
    parent.below.push({ kind: 'tensor', index: i, name: tensors.name[i], bytes: model.owned[i], tensors: 1, parent, below: [] });
    parent.bytes += model.owned[i];
    parent.tensors++;
  }
  // A module comes before those in it, so that from the end each is whole when it is added to the one above.
  for (let i = places.length - 1; i >= 0; i--) {
    const parent = above(modules.parent[i]);
    places[i].parent = parent;
    parent.below.push(places[i]);
    parent.bytes += places[i].bytes;
    parent.tensors += places[i].tensors;
  }
  for (const place of [root, ...places]) place.below.sort((a, b) => b.bytes - a.bytes || a.index - b.index);
  return root;
}

/**
 * Boxes for a place and what is in it. What would be smaller than a few pixels is put together: a hundred thousand tensors are as
 * quick to draw as a hundred.
 * @param {Place} place
 * @param {number} width
 * @param {number} height
 * @returns {Box}
 */
export function layOut(place, width, height) {
  const scale = place.bytes > 0 ? (width * height) / place.bytes : 0;
  const root = hierarchy(prune(place, scale, 0)).sum((drawn) => (drawn.children ? 0 : drawn.value));
  return treemap()
    .size([width, height])
    .round(true)
    .paddingInner((box) => (box.depth < 3 ? 2 : 1))
    .paddingOuter((box) => (box.depth === 0 ? 0 : box.depth < 3 ? 2 : 1))
    .paddingTop((box) => (box.depth === 0 ? 0 : hasTitle(/** @type {any} */ (box)) ? 18 : box.depth < 3 ? 2 : 1))(/** @type {any} */ (root));
}

/** Whether a module is wide enough for its name. @param {{ x0: number, x1: number, y0: number, y1: number, depth: number }} box */
export const hasTitle = (box) => box.depth < 4 && box.x1 - box.x0 > 54 && box.y1 - box.y0 > 40;

/**
 * @param {Place} place
 * @param {number} scale
 * @param {number} depth
 * @returns {Drawn}
 */
function prune(place, scale, depth) {
  if (place.kind !== 'module' || place.below.length === 0 || (depth > 0 && place.bytes * scale < 24 * least) || depth > 12) {
    return { place, value: place.bytes };
  }
  const shown = [];
  /** @type {Place} */
  const rest = { kind: 'rest', index: -1, name: '', bytes: 0, tensors: 0, parent: place, below: [] };
  for (const below of place.below) {
    if (below.bytes * scale >= least) {
      shown.push(prune(below, scale, depth + 1));
    } else {
      rest.bytes += below.bytes;
      rest.tensors += below.tensors;
      rest.below.push(below);
    }
  }
  if (rest.bytes > 0) {
    rest.name = `${rest.tensors.toLocaleString('en-US')} smaller`;
    shown.push({ place: rest, value: rest.bytes });
  }
  return shown.length > 0 ? { place, children: shown, value: place.bytes } : { place, value: place.bytes };
}
