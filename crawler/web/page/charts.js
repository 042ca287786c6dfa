/** The charts of the last hour and the last week, and their numbers as a table. */

import { ask } from "./api.js";
import { $, el, fill, setText } from "./dom.js";
import { Plot, series } from "./plot.js";
import { kindsOf, OTHERS, rowsOf, stacked, thinned } from "./samples.js";
import { number, short, size, spaced } from "./words.js";

const RANGES = [["hour", "Last hour", 10_000, "10 s"], ["week", "Last week", 60_000, "10 min"]];
const ROWS = 12;
const COLOURS = {
  stored: "--stored", unchanged: "--unchanged", not_found: "--not-found", http_error: "--http-error",
  timeout: "--timeout", connect: "--connect", dns: "--dns", [OTHERS]: "--others",
};
const SPARE = ["--spare-1", "--spare-2", "--spare-3"];

let range = RANGES[0];
let timer = 0;
let shown = { rows: [], kinds: [] };

const told = (at) => values(at);
const clock = (at) => new Date(at * 1000).toLocaleString("en-GB", { timeStyle: "short" });
const day = (at) => new Date(at * 1000).toLocaleString("en-GB", { weekday: "short", day: "numeric" });
const tick = (at, step) => (step >= 86_400 ? day(at) : clock(at));
const plots = {
  visits: new Plot({ time: tick, title: "Visits a minute", class: "large", least: 1, tick: (n) => number(n, 1), told }),
  bytes: new Plot({ time: tick, title: "Throughput", least: 1000, tick: (n) => size(n).replace(".0", ""), told }),
  busy: new Plot({ time: tick, title: "In flight", least: 2, tick: (n) => number(n), told }),
  lag: new Plot({ time: tick, title: "Lag of the event loop", least: 0.01, tick: (n) => `${number(n * 1000)} ms`, told }),
};
const legend = el("ul", { class: "legend" });
const numbers = el("details", { class: "numbers" }, el("summary", {}, "The numbers"));

/** Put the charts onto the page. */
export function buildCharts() {
  $("range").append(...RANGES.map((one) => el("label", {},
    el("input", { type: "radio", name: "range", value: one[0], checked: one === range, onchange: () => turn(one) }), one[1])));
  plots.visits.element.append(legend);
  fill($("plots"), Object.values(plots).map(({ element }) => element), numbers);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

function turn(one) {
  range = one;
  refreshCharts();
}

/** Ask for the samples now, and again from time to time while somebody looks. */
export async function refreshCharts() {
  clearTimeout(timer);
  const asked = range;
  try {
    const { samples } = await ask("samples", { range: asked[0] });
    if (asked !== range) return;
    take(samples);
  } catch (problem) {
    setText($("charts-said"), problem.message);
  }
  timer = setTimeout(() => (document.hidden ? null : refreshCharts()), range[2]);
}

export const stopCharts = () => clearTimeout(timer);

function take(samples) {
  const kinds = kindsOf(samples);
  shown = { rows: rowsOf(samples, kinds), kinds };
  const none = samples.length < 2;
  setText($("charts-said"), none ? `A chart begins with the second sample: one is taken every ${range[3]}.` : "");
  $("plots").hidden = none;
  if (!none) draw();
}

function draw() {
  const { rows, kinds } = shown;
  if (rows.length < 2) return;
  const times = rows.map((one) => one.at);
  const column = (key) => [times, rows.map((one) => one[key])];
  const highest = [...kinds].reverse();
  plots.visits.show([times, ...stacked(rows, kinds)],
    highest.map((kind) => series(kind, colour(kind), { filled: true })), label("Visits a minute", "total", (n) => number(n)));
  plots.bytes.show(column("bytes"), [series("bytes", "--accent")], label("Bytes a second", "bytes", bytes));
  plots.busy.show(column("busy"), [series("in flight", "--accent")], label("Visits in flight", "busy", (n) => number(n)));
  plots.lag.show(column("lag"), [series("lag", "--accent")], label("Lag of the event loop", "lag", milliseconds));
  fill(legend, kinds.map((kind) => el("li", { "data-kind": kind },
    el("i", { class: `swatch ${colour(kind).slice(2)}` }), spaced(kind), el("b", {}))));
  values(null);
  table(rows, kinds);
}

const colour = (kind) =>
  COLOURS[kind] ?? SPARE[[...kind].reduce((sum, one) => sum + one.charCodeAt(0), 0) % SPARE.length];

const bytes = (n) => size(Math.round(n));
const milliseconds = (s) => `${short(s * 1000)} ms`;

/** A sentence for whoever does not see the line. */
function label(title, key, word) {
  const known = shown.rows.map((one) => one[key]).filter((n) => n !== null);
  const mean = known.reduce((sum, n) => sum + n, 0) / known.length;
  return `${title}, ${range[1].toLowerCase()}: ${word(known.at(-1))} now, `
    + `${word(mean)} on average, ${word(Math.max(...known))} at most`;
}

/** Write the values at the cursor, or the last ones. */
function values(at) {
  const row = shown.rows[at ?? shown.rows.length - 1];
  if (!row) return;
  const when = at === null ? "" : ` at ${time(row.at)}`;
  const write = (plot, key, word) => setText(plots[plot].value, row[key] === null ? "" : word(row[key]) + when);
  write("visits", "total", (n) => number(n));
  write("bytes", "bytes", (n) => `${bytes(n)}/s`);
  write("busy", "busy", (n) => number(n, 1));
  write("lag", "lag", milliseconds);
  shown.kinds.forEach((_, i) => setText(legend.children[i]?.querySelector("b") ?? legend, number(row.kinds[i], 1)));
}

const time = (at) => (range[0] === "hour" ? clock(at) : `${day(at)}, ${clock(at)}`);

function table(rows, kinds) {
  const heads = ["From", "Visits a minute", ...kinds.map(spaced), "Bytes a second", "In flight", "Longest lag"];
  const cells = thinned(rows, ROWS).map((one) => [
    time(one.at), number(one.total), ...one.kinds.map((n) => number(n, 1)), bytes(one.bytes), number(one.busy, 1), milliseconds(one.lag),
  ]);
  const body = el("table", {},
    el("caption", { class: "unseen" }, `The charts in numbers, ${range[1].toLowerCase()}, the newest first`),
    el("thead", {}, el("tr", {}, heads.map((head, at) => el("th", { scope: "col", class: at ? "number" : null }, head)))),
    el("tbody", {}, cells.map(([at, ...others]) =>
      el("tr", {}, el("th", { scope: "row" }, at), others.map((text) => el("td", { class: "number" }, text))))));
  fill(numbers, numbers.querySelector("summary"),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The charts in numbers" }, body));
}
