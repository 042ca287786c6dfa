/** A chart on a canvas, drawn by uPlot, with a label that says what it shows. */

import { el } from "./dom.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800];

/** What one line or area looks like; the colour is a property of the style. */
export const series = (label, colour, { filled = false } = {}) => ({ label, colour, filled });

/** A chart with its heading; `told` gets the place of the cursor among the points, or null. */
export class Plot {
  #plot = null;
  #options;
  #columns = null;
  #place = el("div", { class: "canvas" });
  #watch = new ResizeObserver(() => this.#resize());

  constructor(options) {
    this.#options = options;
    this.value = el("span", { class: "value" });
    this.element = el("figure", { class: options.class ?? null },
      el("figcaption", {}, el("h3", {}, options.title), this.value), this.#place);
    this.#watch.observe(this.#place);
  }

  /** Draw columns, times first; a chart whose lines are others, or look otherwise, is made anew. */
  show(columns, lines, label) {
    this.#columns = columns;
    const look = JSON.stringify([lines, css("--ink")]);
    if (this.#plot && this.look === look) this.#plot.setData(columns);
    else this.#make(lines);
    this.look = look;
    const canvas = this.#place.querySelector("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
  }

  #make(lines) {
    this.#plot?.destroy();
    const { width, height } = this.#size();
    this.#plot = new uPlot({
      width, height, padding: [8, 18, 0, 0], legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false }, sync: { key: "lately" }, points: { show: false } },
      series: [{}, ...lines.map(drawn)],
      axes: [this.#axis({ space: 60, incrs: STEPS, values: (_, ticks, __, ___, step) => ticks.map((at) => this.#options.time(at, step)) }), this.#axis({ size: room, space: 28, values: (_, ticks) => ticks.map(this.#options.tick) })],
      scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.08, this.#options.least)] } },
      hooks: { setCursor: [({ cursor }) => this.#options.told(cursor.idx ?? null)] },
    }, this.#columns, this.#place);
  }

  #axis(options) {
    return {
      stroke: css("--muted"), font: "11px system-ui, sans-serif", gap: 4, size: 22,
      grid: { stroke: css("--grid"), width: 1 }, ticks: { show: false }, ...options,
    };
  }

  #size() {
    const { clientWidth, clientHeight } = this.#place;
    return { width: Math.max(clientWidth, 80), height: Math.max(clientHeight, 80) };
  }

  #resize() {
    this.#plot?.setSize(this.#size());
  }
}

/** As wide as the longest number beside the axis. */
const room = (_, texts) => Math.max(44, 8 + 6.5 * Math.max(...(texts ?? []).map(({ length }) => length)));

const drawn = ({ label, colour, filled }) => ({
  label, stroke: css(filled ? "--surface" : colour), width: filled ? 1 : 1.5, points: { show: false },
  fill: filled ? css(colour) : undefined,
});
