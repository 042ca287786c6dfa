/** The visits that failed within a day, by host and cause. */

import { pause, retry, wake } from "./acts.js";
import { $, el, plain, setText } from "./dom.js";
import { lookUp } from "./lookup.js";
import { actsColumn, nameColumn, section } from "./sections.js";
import { ago, counted, number, seconds, spaced, span } from "./words.js";

const FEW = 8;

/** Put the section onto the page; returns what shows the failures of a state. */
export function buildFailures(clock) {
  const more = el("span", { class: "quiet" });
  const all = el("button", { type: "button", onclick: () => widen() }, "Show all");
  let few = true;
  let last = null;
  const columns = [
    nameColumn("Host", ({ host }) => host, lookUp),
    { title: "Cause", kind: "why", text: ({ cause, reason }) => plain(causeOf(cause, reason)) },
    { title: "Times", number: true, text: ({ times }) => number(times) },
    { title: "Last", number: true, text: ({ last_at: at }) => ago(at, clock()) },
    { title: "Since then", wide: true, text: (row) => since(row, clock()) },
    nameColumn("For example", ({ url }) => url, lookUp, { wide: true, kind: "name linked url" }),
    actsColumn(({ host, kind }) => [retry({ host }, [kind]), wake(host), pause({ host })]),
  ];
  const { table } = section("failures", "Failures of the last day", {
    columns, key: ({ host, cause }) => JSON.stringify([host, cause]),
    mood: ({ failing_since: failing }) => (failing ? "failing" : ""),
    empty: () => "No visit failed within the last day.",
  }, more);
  $("failures").append(el("div", { class: "buttons" }, all));
  const show = (found) => {
    const { failures, more: left, at_least: least } = found;
    last = found;
    table.show(few ? failures.slice(0, FEW) : failures);
    all.hidden = !few || failures.length <= FEW;
    setText(more, left ? `${failures.length} of ${least ? "at least " : ""}${counted(failures.length + left, "group")}` : "");
  };
  const widen = () => {
    few = false;
    show(last);
  };
  return show;
}

const causeOf = (cause, reason) => (reason ? `${spaced(cause)}: ${reason}` : spaced(cause));

function since({ failing_since: failing, well_at: well }, now) {
  if (failing) return `failing for ${span(Math.max(0, seconds(now) - seconds(failing)))}`;
  return well ? `well ${ago(well, now)}` : "";
}
