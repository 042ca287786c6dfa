/** A table whose rows stay the same elements while what they tell changes. */

import { el, fill, setAttribute, setText } from "./dom.js";

/**
 * Columns have a `title` and one of `text(row)`, a text, and `build(row)`, nodes that are made anew
 * when `same(row)` differs. `wide` ones are left out on a phone, those of a `number` stand on the
 * right, and those with `sort` ask for the order of that name.
 */
export class Table {
  #rows = new Map();
  #body = el("tbody", { role: "rowgroup" });
  #headings = new Map();
  #options;

  constructor(options) {
    this.#options = options;
    const heads = options.columns.map((column) => this.#heading(column));
    this.table = el("table", { role: "table", "aria-labelledby": options.labelledby },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)), this.#body);
    this.empty = el("p", { class: "quiet" });
    this.element = el("div", { class: "scroll" }, this.table, this.empty);
    this.ordered("");
  }

  /** Show rows in their order; while a hand or the focus is on one, nothing moves away under it. */
  show(rows) {
    const keys = new Set(rows.map(this.#options.key));
    for (const [key, row] of this.#rows) if (!keys.has(key)) this.#remove(key, row);
    const held = this.#body.matches(":hover") || this.#body.contains(document.activeElement);
    rows.forEach((row, at) => this.#place(this.#row(row), at, held));
    this.table.hidden = rows.length === 0;
    setText(this.empty, rows.length ? "" : this.#options.empty());
  }

  /** Mark the column by which the rows are in order; "" for the usual one. */
  ordered(by) {
    for (const [sort, { heading, direction }] of this.#headings)
      setAttribute(heading, "aria-sort", sort === by ? direction : "none");
  }

  #heading({ title, sort, direction = "descending", ...column }) {
    const label = sort
      ? el("button", { type: "button", class: "sort", onclick: () => this.#options.sorted(sort) }, title)
      : title;
    const heading = el("th", { scope: "col", role: "columnheader", class: classes(column) }, label);
    if (sort) this.#headings.set(sort, { heading, direction });
    return heading;
  }

  #row(row) {
    const key = this.#options.key(row);
    const known = this.#rows.get(key) ?? this.#made(key);
    this.#options.columns.forEach((column, at) => shown(known.cells[at], column, row));
    setAttribute(known.tr, "class", this.#options.mood?.(row) ?? "");
    return known.tr;
  }

  #made(key) {
    const cells = this.#options.columns.map((column, at) =>
      el(at ? "td" : "th", {
        scope: at ? null : "row", role: at ? "cell" : "rowheader",
        class: classes(column), "data-title": column.title,
      }));
    const made = { tr: el("tr", { role: "row" }, cells), cells };
    this.#rows.set(key, made);
    return made;
  }

  #place(tr, at, held) {
    const there = this.#body.children[at];
    if (there === tr || (held && tr.isConnected)) return;
    this.#body.insertBefore(tr, there ?? null);
  }

  /** What a row that goes had said, and the focus that it had, go on to what is above the table. */
  #remove(key, { tr }) {
    const said = tr.querySelector(".said")?.textContent;
    const focused = tr.contains(document.activeElement);
    tr.remove();
    this.#rows.delete(key);
    this.#options.gone?.({ said, focused });
  }
}

const classes = ({ wide, number, kind }) =>
  [wide && "wide", number && "number", kind].filter(Boolean).join(" ") || null;

function shown(cell, { text, build, same }, row) {
  if (text) return setText(cell, text(row));
  const now = same(row);
  if (cell.dataset.same === now) return null;
  const focused = [...cell.querySelectorAll("button")].indexOf(document.activeElement);
  const said = cell.querySelector(".said");
  fill(cell, build(row, said));
  cell.dataset.same = now;
  if (focused >= 0) cell.querySelectorAll("button")[focused]?.focus();
  return null;
}
