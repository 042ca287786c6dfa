/** A section of the page: its heading, a table, and what its acts said. */

import { button, saidPlace } from "./acting.js";
import { $, el, fill, plain } from "./dom.js";
import { Table } from "./table.js";

/** Build a section around a table; `beside` stands in the heading's line. */
export function section(id, title, options, ...beside) {
  const heading = el("h2", { id: `${id}-title`, tabindex: "-1" }, title);
  const said = saidPlace();
  const gone = ({ said: last, focused }) => {
    if (last) fill(said, el("p", {}, last.replace(/×$/, "")));
    if (focused) heading.focus();
  };
  const table = new Table({ labelledby: `${id}-title`, gone, ...options });
  fill($(id), el("div", { class: "head" }, heading, beside), said, table.element);
  return { table, said, heading };
}

/** The column of a row's buttons, with what they said; `acts(row)` describes them. */
export const actsColumn = (acts) => ({
  title: "Acts",
  kind: "deeds",
  same: (row) => JSON.stringify(acts(row)),
  build(row, before) {
    const said = before ?? saidPlace();
    const buttons = acts(row).map((one, at) => button(() => acts(row)[at], said));
    return [el("div", { class: "buttons" }, buttons), said];
  },
});

/** The column of a name that can be looked up. */
export const nameColumn = (title, name, lookUp, options = {}) => ({
  title,
  kind: "name linked",
  same: (row) => name(row) ?? "",
  build: (row) => el("button", { type: "button", class: "name", onclick: () => lookUp(name(row)) },
    el("bdi", { dir: "ltr" }, plain(name(row)))),
  ...options,
});
