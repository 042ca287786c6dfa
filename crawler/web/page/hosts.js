/** Hosts: in the order that is asked for, each with why it rests, and its acts. */

import { afterActs } from "./acting.js";
import { pause, resume, slow, wake } from "./acts.js";
import { ask } from "./api.js";
import { $, el, plain, setText } from "./dom.js";
import { lookUp } from "./lookup.js";
import { actsColumn, nameColumn, section } from "./sections.js";
import { ago, away, counted, number, percent, rate, spaced } from "./words.js";

const CHOICES = [["", "At work or next"], ["failing", "Failing"], ["resting", "Resting"], ["paused", "Paused"]];
const AGAIN_MS = 4000;
const STEP = 25;
const MOST = 1000;
const MOST_KEPT = 5;

let kept = [];
let order = "";
let choice = "";
let limit = STEP;
let now = null;
let timer = 0;
let seen = true;
let table = null;
const more = el("button", { type: "button", onclick: () => widen(), hidden: true }, "Show more");

const COLUMNS = [
  nameColumn("Host", ({ host }) => host, (host) => lookUp(host), { sort: "name", direction: "ascending" }),
  { title: "State", kind: "why", sort: "failing", text: state },
  { title: "Waiting", number: true, sort: "waiting", text: ({ waiting }) => number(waiting) },
  { title: "In flight", number: true, sort: "in-flight", text: ({ leased }) => number(leased) },
  { title: "Rate", number: true, wide: true, sort: "rate", text: (host) => rate(host.rate) },
  { title: "Well", number: true, wide: true, sort: "share", direction: "ascending", text: (host) => percent(host.share_well) },
  { title: "Last well", number: true, wide: true, sort: "well", direction: "ascending", text: (host) => ago(host.well_at, now()) },
  { title: "Today", number: true, wide: true, sort: "today", text: (host) => number(host.visits_today) },
  { title: "Delay", number: true, sort: "delay", text: ({ delay_s: delay }) => (delay === null ? "" : `${number(delay, 2)} s`) },
  actsColumn(({ host, state: is }) => [is === "paused" ? resume({ host }) : pause({ host }), wake(host), slow(host)]),
];

/** Put the section onto the page; `clock` tells the time of the ledger. */
export function buildHosts(clock) {
  now = clock;
  const choices = el("fieldset", { class: "choice" }, el("legend", { class: "unseen" }, "Which hosts"),
    CHOICES.map(([value, text]) => el("label", {},
      el("input", { type: "radio", name: "hosts", value, checked: value === choice, onchange: () => choose(value) }), text)));
  const built = section("hosts", "Hosts", {
    columns: COLUMNS, key: ({ host }) => host, mood: ({ state: is }) => is.replace(" ", "-"), sorted,
    empty: () => (choice ? `No host is ${choice}.` : "No host is at work or next."),
  }, choices);
  table = built.table;
  $("hosts").append(el("div", { class: "buttons" }, more), el("p", { class: "quiet", id: "hosts-said" }));
  afterActs(keep);
  new IntersectionObserver(([entry]) => { seen = entry.isIntersecting; }, { rootMargin: "300px" }).observe($("hosts"));
}

/** Ask for the hosts now, and again while somebody looks at them. */
export async function refreshHosts() {
  clearTimeout(timer);
  const asked = { [choice]: choice ? "true" : "", sort: order, limit };
  try {
    const found = await ask("hosts", asked);
    table.show(await withKept(found.hosts));
    more.hidden = found.chosen <= found.hosts.length || limit >= MOST;
    setText($("hosts-said"), of(found));
  } catch (problem) {
    setText($("hosts-said"), problem.message);
  }
  timer = setTimeout(again, AGAIN_MS);
}

/** Hosts that somebody acted on stay in sight, wherever they belong by now, until others are chosen. */
function keep(_, { host, hosts = [host] }) {
  kept = [...new Set([...hosts.filter(Boolean), ...kept])].slice(0, MOST_KEPT);
  refreshHosts();
}

async function withKept(hosts) {
  const missing = kept.filter((name) => !hosts.some(({ host }) => host === name));
  const found = await Promise.all(missing.map((name) => ask(`hosts/${encodeURIComponent(name)}`).catch(() => ({ hosts: [] }))));
  const byName = order === "name" || (!order && ["", "paused"].includes(choice));
  const rows = [...hosts];
  for (const one of found.flatMap((account) => account.hosts).filter(({ host }) => missing.includes(host))) {
    const at = byName ? rows.findIndex(({ host }) => host > one.host) : -1;
    rows.splice(at < 0 ? rows.length : at, 0, one);
  }
  return rows;
}

export const stopHosts = () => clearTimeout(timer);

function again() {
  if (seen && !document.hidden) refreshHosts();
  else timer = setTimeout(again, AGAIN_MS);
}

const of = ({ hosts, chosen, at_least: least }) =>
  chosen > hosts.length ? `${number(hosts.length)} of ${least ? "at least " : ""}${number(chosen)} hosts` : "";

function choose(value) {
  choice = value;
  kept = [];
  limit = STEP;
  refreshHosts();
}

/** Ask for another order; the same one again is the usual order. */
function sorted(by) {
  order = by === order ? "" : by;
  table.ordered(order);
  refreshHosts();
}

function widen() {
  limit = Math.min(limit * 4, MOST);
  refreshHosts();
}

/** What a host is about, and why it rests. */
function state({ state: is, rests_until: until, rests_for: why, last_failure: last, failing_since: since }) {
  const rest = until && why !== "delay" ? `again ${away(until, now())}${why ? `, for ${why}` : ""}` : "";
  const failing = since && last ? `${spaced(last.cause)}, ${counted(last.times, "time")}, last ${ago(last.last_at, now())}` : "";
  return plain([is, rest, failing].filter(Boolean).join(" · "));
}
