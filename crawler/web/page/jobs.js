/** Jobs: how far they are, what they wait for, and what can be done about it. */

import { add, believe, pause, resume, retry, set } from "./acts.js";
import { $, el, plain, setText } from "./dom.js";
import { actsColumn, section } from "./sections.js";
import { counted, number, percent, schedule } from "./words.js";

const PARTS = [["ok", "ok"], ["not_found", "not found"], ["error", "error"]];
const FEW = 50;
let paused = new Set();

const COLUMNS = [
  { title: "Job", kind: "name", text: ({ name }) => plain(name) },
  { title: "Visited", kind: "share", same: progress, build: bar },
  { title: "URLs", number: true, text: ({ known }) => number(known) },
  { title: "To do", number: true, text: ({ waiting }) => number(waiting) },
  { title: "Retrying", number: true, wide: true, text: ({ retrying }) => number(retrying) },
  { title: "Not found", number: true, wide: true, text: ({ not_found: n }) => number(n) },
  { title: "Errors", number: true, text: ({ error }) => number(error) },
  { title: "Due", kind: "why due", text: due },
  actsColumn(acts),
];

/** Put the section onto the page; returns what shows a state. Of very many jobs it shows those that are asked for. */
export function buildJobs() {
  const named = el("input", { type: "search", class: "named", "aria-label": "Jobs whose name has this", placeholder: "Name", spellcheck: "false", autocapitalize: "off", autocomplete: "off", hidden: true });
  const wider = el("button", { type: "button", hidden: true }, "Show more");
  const more = el("p", { class: "quiet" });
  const { table } = section("jobs", "Jobs", {
    columns: COLUMNS, key: ({ name }) => name, mood: ({ active }) => (active ? "" : "gone"),
    empty: () => (named.value ? "No job has such a name." : "No job is known to the ledger yet: a daemon brings them from its configuration."),
  }, named);
  let most = FEW;
  let jobs = [];
  const show = () => {
    const found = jobs.filter(({ name }) => name.includes(named.value.trim()));
    table.show(found.slice(0, most));
    named.hidden = jobs.length <= FEW;
    wider.hidden = found.length <= most;
    setText(more, found.length > most ? `${number(most)} of ${counted(found.length, "job")}` : "");
  };
  named.addEventListener("input", show);
  wider.addEventListener("click", () => {
    most *= 4;
    show();
  });
  $("jobs").append(el("div", { class: "buttons" }, wider, more));
  return (status) => {
    paused = new Set(status.wishes.filter(({ verb, scope }) => verb === "pause" && scope === "job").map(({ subject }) => subject));
    jobs = status.jobs;
    show();
  };
}

function acts({ name, active, held }) {
  const job = { job: name };
  if (!active) return [];
  return [
    paused.has(name) ? resume(job) : pause(job), retry(job), add([], name), set(job),
    ...(held === null ? [] : [believe(name)]),
  ];
}

function due({ active, schedule: text, due_again: again, waits_for: waits, held, filtered }) {
  if (!active) return "not configured any more";
  const lost = held === null ? [] : [`its lists lost too many URLs, ${number(held)} are left: nothing was removed`];
  const out = filtered ? [`${number(filtered)} of its lists are left out by its filter`] : [];
  const back = again ? [`${counted(again, "URL")} come back`] : [];
  return plain([...lost, waits, schedule(text), ...back, ...out].filter(Boolean).join(" · "));
}

function progress({ known, ok, not_found: missing, error }) {
  const done = ok + missing + error;
  return `${known ? percent(Math.floor((100 * done) / known) / 100) : "none"} visited: `
    + `${number(ok)} ok, ${number(missing)} not found, ${number(error)} error`;
}

function bar(job) {
  const done = PARTS.reduce((sum, [key]) => sum + job[key], 0);
  const pieces = PARTS.map(([key]) => {
    const piece = el("i", { class: key.replace("_", "-") });
    piece.style.inlineSize = `${job.known ? (100 * job[key]) / job.known : 0}%`;
    return piece;
  });
  return [
    el("span", { class: "progress", role: "img", "aria-label": progress(job) }, pieces),
    el("span", { class: "quiet", "aria-hidden": "true" }, job.known ? percent(Math.floor((100 * done) / job.known) / 100) : ""),
  ];
}
