// A table of which only the rows in view exist: a hundred thousand are as quick as a hundred.
import { el, onResize, set } from './dom.js';

/**
 * @typedef {{ id: string, title: string, numeric?: boolean, wide?: boolean, hint?: string, cell: (row: number) => Node | string, sort?: (row: number) => number | string }} Column
 * @typedef {{ row: number } | { group: string, text: () => string, open: boolean }} Line
 */

/** The head stays in view above the rows. */
const headHeight = 34;

/** So many rows go to a printer. */
const mostPrinted = 200;

export class Grid {
  /**
   * @param {{ id: string, label: string, columns: Column[], open: (row: number) => void, toggle?: (group: string) => void, sorted: (column: string, descending: boolean) => void }} options
   */
  constructor(options) {
    this.options = options;
    /** @type {Line[]} */
    this.lines = [];
    this.active = 0;
    this.sortedBy = '';
    this.descending = false;
    this.grouped = false;
    this.height = 32;
    this.head = el('div', { role: 'row', class: 'grid-head' }, ...options.columns.map((column) => this.#header(column)));
    this.body = el('div', { role: 'rowgroup', class: 'grid-space' });
    this.view = el('div', { role: 'presentation', class: 'grid-view' }, el('div', { role: 'rowgroup', class: 'grid-top' }, this.head), this.body);
    this.element = el('div', { role: 'grid', class: `grid ${options.id}`, id: options.id, tabindex: 0, 'aria-label': options.label },
      this.view);
    this.note = el('p', { class: 'print-only' });
    this.view.addEventListener('scroll', () => this.render(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.body.addEventListener('click', (event) => this.#click(event));
    onResize(this.view, () => this.#resize());
    matchMedia('print').addEventListener('change', () => this.#resize());
  }

  /** @param {Line[]} lines @param {boolean} grouped @param {boolean} [keep] Whether to stay where it is scrolled to. */
  show(lines, grouped, keep = false) {
    this.lines = lines;
    this.grouped = grouped;
    set(this.element, { role: grouped ? 'treegrid' : 'grid', 'aria-rowcount': lines.length + 1 });
    if (!keep) {
      this.active = 0;
      this.view.scrollTop = 0;
    }
    this.#resize();
  }

  /** @param {string} column @param {boolean} descending */
  mark(column, descending) {
    this.sortedBy = column;
    this.descending = descending;
    this.options.columns.forEach((each, i) => {
      const is = each.id === column;
      set(this.head.children[i], { 'aria-sort': is ? (descending ? 'descending' : 'ascending') : each.sort ? 'none' : null });
    });
  }

  #resize() {
    const printed = matchMedia('print').matches;
    this.height = matchMedia('(max-width: 640px)').matches && !printed ? 54 : 32;
    this.element.classList.toggle('printed', printed);
    this.note.textContent = printed && this.lines.length > mostPrinted ? `The first ${mostPrinted} of ${this.lines.length} rows. Filter them to print others.` : '';
    this.body.style.height = printed ? 'auto' : `${this.lines.length * this.height}px`;
    this.render();
  }

  render() {
    const printed = matchMedia('print').matches;
    const first = printed ? 0 : Math.max(0, Math.floor(this.view.scrollTop / this.height) - 6);
    const most = printed ? mostPrinted : Math.ceil(Math.max(this.view.clientHeight, 200) / this.height) + 12;
    const rows = this.lines.slice(first, first + most).map((line, i) => this.#row(line, first + i, printed));
    if (!printed && this.active < this.lines.length && (this.active < first || this.active >= first + most)) {
      // What the keyboard is at exists, wherever it is scrolled to.
      rows.push(this.#row(this.lines[this.active], this.active, false));
    }
    this.body.replaceChildren(...rows);
    set(this.element, { 'aria-activedescendant': this.lines.length > 0 ? this.#name(this.active) : null });
  }

  /** @param {number} at */
  #name(at) { return `${this.options.id}-${at}`; }

  /** @param {Line} line @param {number} at @param {boolean} printed */
  #row(line, at, printed) {
    const group = 'group' in line;
    const row = el('div', { role: 'row', id: this.#name(at), 'aria-rowindex': at + 2, class: group ? 'row group' : 'row',
      'aria-level': this.grouped ? (group ? 1 : 2) : null, 'aria-expanded': group ? String(line.open) : null });
    row.dataset.at = String(at);
    row.classList.toggle('active', at === this.active);
    if (!printed) row.style.transform = `translateY(${at * this.height}px)`;
    if (group) {
      row.append(el('div', { role: 'gridcell', class: 'cell group-cell', 'aria-colspan': this.options.columns.length },
        el('span', { class: 'twist', 'aria-hidden': 'true' }, line.open ? '▾' : '▸'), el('bdi', {}, line.group || '(no name)'), el('span', { class: 'dim' }, line.text())));
    } else {
      row.append(...this.options.columns.map((column) => {
        const content = column.cell(line.row);
        const cell = el('div', { role: 'gridcell', class: `cell ${column.id}${column.numeric ? ' numeric' : ''}` }, content);
        if (typeof content === 'string' && column.wide) cell.title = content;
        return cell;
      }));
    }
    return row;
  }

  /** @param {Column} column */
  #header(column) {
    const sort = column.sort;
    const inner = sort ? el('button', { type: 'button', tabindex: 0, title: column.hint }, column.title, el('span', { class: 'arrow', 'aria-hidden': 'true' })) : column.title;
    const cell = el('div', { role: 'columnheader', class: `cell ${column.id}${column.numeric ? ' numeric' : ''}`, 'aria-sort': sort ? 'none' : null }, inner);
    if (sort && typeof inner !== 'string') {
      inner.addEventListener('click', () => {
        const descending = this.sortedBy === column.id ? !this.descending : Boolean(column.numeric);
        this.mark(column.id, descending);
        this.options.sorted(column.id, descending);
      });
    }
    return cell;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.element) return;
    const page = Math.max(1, Math.floor(this.view.clientHeight / this.height) - 1);
    const last = this.lines.length - 1;
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: last });
    const line = this.lines[this.active];
    if (event.key in steps) {
      this.active = Math.max(0, Math.min(last, steps[event.key]));
      const top = this.active * this.height;
      if (top < this.view.scrollTop) this.view.scrollTop = top;
      else if (top + this.height > this.view.scrollTop + this.view.clientHeight - headHeight) this.view.scrollTop = top + this.height - this.view.clientHeight + headHeight;
      this.render();
    } else if (line && (event.key === 'Enter' || event.key === ' ')) {
      this.#act(line);
    } else if (line && 'group' in line && (event.key === 'ArrowRight' ? !line.open : event.key === 'ArrowLeft' && line.open)) {
      this.#act(line);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest('.row');
    const at = Number(/** @type {HTMLElement | null} */ (row)?.dataset.at ?? -1);
    if (at < 0 || String(getSelection())) return;
    this.active = at;
    this.#act(this.lines[at]);
    this.render();
  }

  /** @param {Line} line */
  #act(line) {
    if ('group' in line) this.options.toggle?.(line.group);
    else this.options.open(line.row);
  }
}

/**
 * Rows in order of a column; what has no value comes last, whichever way.
 * @param {number[]} rows
 * @param {(row: number) => number | string} value
 * @param {boolean} descending
 */
export function order(rows, value, descending) {
  const way = descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    const lost = Number(Number.isNaN(a.key)) - Number(Number.isNaN(b.key));
    return lost || (a.key < b.key ? -way : a.key > b.key ? way : a.row - b.row);
  });
  return keyed.map(({ row }) => row);
}
