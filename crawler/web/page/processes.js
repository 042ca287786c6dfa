/** The processes that work on the ledger. */

import { reload } from "./acts.js";
import { plain } from "./dom.js";
import { actsColumn, section } from "./sections.js";
import { ago, number, rate, seconds, size, span } from "./words.js";

/** Put the section onto the page; returns what shows the processes of a state. */
export function buildProcesses(clock) {
  const columns = [
    { title: "Process", kind: "name", text: ({ pid, machine }) => plain(`${pid} on ${machine}`) },
    { title: "State", kind: "why", text: (one) => plain(state(one, clock())) },
    { title: "In flight", number: true, text: ({ in_flight: n }) => number(n) },
    { title: "Rate", number: true, text: (one) => rate(one.rate) },
    { title: "Visits", number: true, wide: true, text: ({ visits }) => number(visits) },
    { title: "Bytes", number: true, wide: true, text: ({ bytes }) => size(bytes) },
    { title: "Up for", number: true, wide: true, text: ({ since }) => span(Math.max(0, Math.round(seconds(clock()) - seconds(since)))) },
    { title: "Heard of", number: true, text: ({ seen_at: at }) => ago(at, clock()) },
    actsColumn(({ life, pid }) => (life === "dead" ? [] : [reload(pid)])),
  ];
  const { table } = section("processes", "Processes", {
    columns, key: ({ owner }) => owner, mood: ({ life, trouble, paused_at: paused }) => (life === "alive" ? (trouble || paused ? "warn" : "") : "bad"),
    empty: () => "No daemon is running: start one with crawler run.",
  });
  return ({ processes }) => table.show(processes);
}

function state({ life, state: is, trouble, paused_at: at, paused_for: why, outdated, reloaded, reloaded_at: then }, now) {
  const word = life === "alive" ? is : life === "dead" ? "dead" : `${life}, then ${is}`;
  return [
    at ? `${word} ${ago(at, now)}: ${why ?? "this machine is at fault"}` : word,
    trouble,
    outdated ? "has an older text of its configuration" : "",
    reloaded ? `reloaded ${ago(then, now)}: ${reloaded}` : "",
  ].filter(Boolean).join(" · ");
}
