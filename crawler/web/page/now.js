/** The one sentence that matters, and the figures beneath it. */

import { $, el, fill, plain, setAttribute, setText } from "./dom.js";
import { capital, number, percent, short, size, span } from "./words.js";

const MOODS = { OK: "ok", WARNING: "warn", CRITICAL: "bad", UNKNOWN: "bad" };
const MARKS = { ok: "●", warn: "▲", bad: "■" };
let before = "";

/** Show how the crawler is, in the words of `status --check`. */
export function showNow({ status, notes }) {
  const { check } = status;
  const well = check.health === "OK";
  const [first, ...others] = check.told;
  const more = [...others, status.idle, ...notes].filter((text) => text && text !== first);
  sentence(MOODS[check.health], well ? `All is well: ${first}` : capital(first), more);
  fill($("figures"), figures(status).map(([title, value, beside]) =>
    el("div", {}, el("dt", {}, title), el("dd", {}, value, beside ? el("small", {}, beside) : null))));
}

/** Say that nothing can be told of the crawler, and why; what was known last stays, but pale. */
export function showFault(why, mood = "bad") {
  sentence(mood, capital(why), []);
}

/** Pale what is on the page where it is not of now. */
export const showStale = (stale) => $("board").classList.toggle("stale", stale);

function sentence(mood, text, more) {
  setAttribute($("now"), "class", `now ${mood}`);
  setAttribute($("sentence"), "data-mark", MARKS[mood]);
  setText($("sentence"), plain(text));
  fill($("more"), more.map((one) => el("li", {}, plain(capital(one)))));
  announce(mood, [text, ...more].join("; "));
  document.title = mood === "ok" ? "crawler" : `${MARKS[mood]} ${plain(text)} · crawler`;
}

/** Read aloud what has changed, but no number that goes up and down. */
function announce(mood, text) {
  const gist = mood + text.replace(/[\d.,]+/g, "").replace(/ (s|min|h|d)\b/g, "");
  if (gist !== before) setText($("announce"), plain(text));
  before = gist;
}

function figures({ processes, jobs, hosts, rate, rate_ok, waiting, eta, room, state_bytes }) {
  const active = jobs.filter((job) => job.active);
  const alive = processes.filter((one) => one.life === "alive");
  const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] ?? 0), 0);
  const least = hosts.at_least.includes("failing") ? "at least " : "";
  const first = eta.first_visits;
  const fullest = [...room].sort((one, other) => one.free - other.free)[0];
  return [
    ["Visits a minute", number(rate * 60), rate ? `${percent(rate_ok / rate)} ok` : ""],
    ["In flight", number(sum(alive, "in_flight")), `in ${alive.length} process${alive.length === 1 ? "" : "es"}`],
    ["First visits to do", number(waiting), first ? within(first) : ""],
    ["Retrying", number(sum(active, "retrying")), ""],
    ["Hosts failing", least + number(hosts.failing), `of ${number(hosts.known)}`],
    ["Room", fullest ? size(fullest.free) : "", fullest ? `${short((100 * fullest.free) / fullest.total)} % free` : ""],
    ["Ledger", state_bytes === null ? "on a server" : size(state_bytes), ""],
  ];
}

function within({ least_s, most_s, host, failing }) {
  const least = least_s === null ? "" : `in ${span(least_s)}`;
  if (failing) return least ? `not before ${least.slice(3)}` : "";
  if (most_s !== null && most_s !== least_s && least) return `${least} to ${span(most_s)}`;
  return host && !least ? "" : least;
}
