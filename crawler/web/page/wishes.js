/** What operators wish and have not taken back. */

import { takeBack } from "./acts.js";
import { plain } from "./dom.js";
import { actsColumn, section } from "./sections.js";
import { ago, away } from "./words.js";

/** Put the section onto the page; returns what shows the wishes of a state. */
export function buildWishes(clock) {
  const columns = [
    { title: "Of", kind: "name", text: ({ scope, subject }) => (scope === "all" ? "everything" : `${scope} ${plain(subject)}`) },
    { title: "Wish", text: ({ verb, option, value }) => (verb === "pause" ? "is paused" : plain(`${option} = ${value ?? "null"}`)) },
    { title: "By", wide: true, text: ({ by, machine }) => plain(`${by} on ${machine}`) },
    { title: "Made", number: true, wide: true, text: ({ made_at: at }) => ago(at, clock()) },
    { title: "Ends", number: true, text: ({ until }) => (until ? away(until, clock()) : "when taken back") },
    { title: "Why", kind: "why", text: ({ why }) => plain(why) },
    actsColumn((wish) => [takeBack(wish)]),
  ];
  const { table } = section("wishes", "Wishes", {
    columns, key: ({ wish }) => wish, empty: () => "Nothing is wished: the configuration alone counts.",
  });
  return ({ wishes }) => table.show(wishes);
}
