/** What is known of a URL or of a host, as `explain` and `host` tell it. */

import { button, saidPlace } from "./acting.js";
import { force, pause, resume, retryUrl, set, slow, unset, wake } from "./acts.js";
import { ask } from "./api.js";
import { $, el, fill, plain, quoted } from "./dom.js";
import { away, number, percent, rate, size, spaced } from "./words.js";

const TIME = /^\d{4}-\d\d-\d\dT[\d:]+Z$/;
const NAMES = ["owner", "pid", "process", "status"];
let now = null;

/** Let the form look things up; `clock` tells the time of the ledger. */
export function buildLookup(clock) {
  now = clock;
  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = $("asked").value.trim();
    if (wanted) show(wanted);
  });
}

/** Look up what somebody clicked on, and go there. */
export function lookUp(wanted) {
  $("asked").value = wanted;
  $("lookup").scrollIntoView({ block: "start" });
  $("asked").focus({ preventScroll: true });
  show(wanted);
}

async function show(wanted) {
  fill($("found"), el("p", { class: "quiet" }, "It is asked for …"));
  try {
    fill($("found"), /^https?:/i.test(wanted) ? await ofUrl(wanted) : await ofHost(wanted));
  } catch (problem) {
    fill($("found"), el("p", { class: "refused" }, plain(problem.message)));
  }
}

async function ofUrl(wanted) {
  const { jobs, ...unknown } = await ask("explain", { url: wanted });
  const { url } = unknown;
  if (!jobs.length) return card(quoted(url), "no job knows it", unknown, [], saidPlace());
  return jobs.map((job) => card(quoted(job.url), `job ${job.job}`, job, [retryUrl(job.url)], saidPlace()));
}

async function ofHost(wanted) {
  const { hosts } = await ask(`hosts/${encodeURIComponent(wanted)}`);
  return hosts.map((one) => {
    const host = { host: one.host };
    const acts = [one.state === "paused" ? resume(host) : pause(host), wake(one.host), force(one.host), slow(one.host), set(host), unset(host)];
    return card(quoted(one.host), one.state, one, acts, saidPlace());
  });
}

const card = (heading, beside, values, acts, said) =>
  el("article", { class: "card" },
    el("h3", {}, heading, el("small", {}, plain(beside))),
    el("dl", { class: "known" }, Object.entries(values).flatMap(([key, value]) => pair(key, value))),
    el("div", { class: "buttons" }, acts.map((one) => button(() => one, said))), said);

/** A name and its value; what is not known is left out. */
function pair(key, value) {
  const told = ["url", "job", "host", "state"].includes(key) && typeof value === "string" ? null : valueOf(key, value);
  return told === null ? [] : [el("dt", {}, spaced(key).replace(/ s$/, "")), el("dd", {}, told)];
}

function valueOf(key, value) {
  if (value === null || value === "" || value === undefined) return null;
  if (Array.isArray(value)) return value.length ? el("ul", {}, value.map((one) => el("li", {}, valueOf(key, one)))) : null;
  if (typeof value === "object") return inner(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return amount(key, value);
  return TIME.test(value) ? `${value}, ${away(value, now())}` : quoted(value);
}

function amount(key, n) {
  if (key === "bytes") return size(n);
  if (key === "rate") return rate(n);
  if (key.startsWith("share")) return percent(n);
  if (key.endsWith("_s")) return `${number(n, 3)} s`;
  return NAMES.includes(key) ? String(n) : number(n, 3);
}

function inner(value) {
  const told = Object.entries(value).flatMap(([key, one]) => {
    const shown = valueOf(key, one);
    return shown === null ? [] : [el("span", {}, `${spaced(key).replace(/ s$/, "")}: `, shown)];
  });
  return told.length ? el("span", { class: "inner" }, told) : null;
}
