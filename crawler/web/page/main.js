/** The page: who may see it, what it shows, and that it goes on by itself. */

import { button, saidPlace } from "./acting.js";
import { add, pause, reload, resume, retry, set, unset } from "./acts.js";
import { ask, login, logout, Problem } from "./api.js";
import { buildCharts, refreshCharts, stopCharts } from "./charts.js";
import { $, fill, setAttribute, setText } from "./dom.js";
import { buildFailures } from "./failures.js";
import { buildHosts, refreshHosts, stopHosts } from "./hosts.js";
import { buildJobs } from "./jobs.js";
import { Live } from "./live.js";
import { buildLookup } from "./lookup.js";
import { showFault, showNow, showStale } from "./now.js";
import { buildProcesses } from "./processes.js";
import { buildWishes } from "./wishes.js";

const SLOWLY_MS = 3000;
const LINKS = { live: "live", away: "the server went away; it is tried again", fault: "no word of the ledger", busy: "waiting for a place" };

let state = null;
let away = false;
const clock = () => state?.status.at ?? new Date().toISOString();
const live = new Live({ state: heard, fault: faulty, away: lost, refused });
let show = [];

function build() {
  buildCharts();
  buildLookup(clock);
  buildHosts(clock);
  const failures = buildFailures(clock);
  const ofStatus = [buildJobs(), buildWishes(clock), buildProcesses(clock)];
  show = [showNow, ({ status }) => ofStatus.forEach((one) => one(status)), (whole) => failures(whole.failures), showActs];
  $("login").addEventListener("submit", typed);
  $("logout").addEventListener("click", leave);
  $("login-open").addEventListener("click", () => showLogin(""));
  window.addEventListener("hashchange", enter);
  document.addEventListener("visibilitychange", () => (document.hidden || !state ? null : refresh()));
}

/** Begin: with the token of the link, if there is one, then as the server allows. */
async function enter() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  try {
    if (token !== null) await login(token);
    if (token !== null) history.replaceState(null, "", location.pathname);
    await open();
  } catch (problem) {
    if (token !== null) history.replaceState(null, "", location.pathname);
    if (problem.status) showLogin(problem.message);
    else wait(problem.message);
  }
}

/** Show what this browser may see, or the field for the token. */
async function open() {
  const { reads, acts, version } = await ask("session");
  setText($("foot"), `crawlerd ${version}`);
  $("board").classList.toggle("reader", !acts);
  $("logout").hidden = !acts;
  $("login-open").hidden = acts || !reads;
  if (!reads) return showLogin("");
  $("login").hidden = true;
  live.start();
  return null;
}

function heard(whole) {
  const first = state === null || away;
  state = whole;
  away = false;
  setLink("live");
  showStale(false);
  $("board").hidden = $("sections").hidden = false;
  show.forEach((one) => one(whole));
  if (first) refresh();
}

function refresh() {
  refreshHosts();
  refreshCharts();
}

function faulty(detail) {
  missing("fault");
  showFault(detail);
}

function crowded(detail) {
  missing("busy");
  showFault(detail, "warn");
}

function missing(link) {
  away = true;
  $("board").hidden = false;
  setLink(link);
  showStale(true);
}

function lost() {
  if (away && $("link").dataset.is === "away") return;
  away = true;
  setLink("away");
  showStale(true);
  $("board").hidden = false;
  showFault(`The server of this page went away; ${state ? "what is shown is of before, and comes back" : "it is tried again"} by itself`);
}

/** A stream that is refused: for want of a token, or of a place, or since no server is there. */
function refused(problem) {
  if (problem.status === 401) showLogin("The token counts no more: log in again.");
  else if (problem.kind === "busy") crowded(problem.message);
  else if (problem.status === 503) faulty(problem.message);
  else lost();
}

function wait(why) {
  setLink("away");
  $("board").hidden = false;
  showFault(why);
  setTimeout(enter, SLOWLY_MS);
}

function setLink(is) {
  setAttribute($("link"), "data-is", is);
  setText($("link"), LINKS[is] ?? "");
}

function showLogin(why) {
  live.stop();
  stopHosts();
  stopCharts();
  state = null;
  setLink("");
  $("board").hidden = $("sections").hidden = true;
  $("logout").hidden = $("login-open").hidden = true;
  $("login").hidden = false;
  setText($("login-said"), why);
  $("login-said").className = why ? "said bad" : "said";
  $("token").focus();
}

async function typed(event) {
  event.preventDefault();
  setText($("login-said"), "…");
  try {
    await login($("token").value.trim());
    $("token").value = "";
    setText($("login-said"), "");
    await open();
    $("main").focus();
  } catch (problem) {
    showLogin(problem.message);
  }
}

async function leave() {
  await logout().catch((problem) => problem instanceof Problem);
  showLogin("You are logged out.");
}

/** The acts on the whole crawler; they are made anew when what they are about changes. */
function showActs({ status: { wishes, jobs } }) {
  const place = $("acts");
  const all = wishes.some(({ verb, scope }) => verb === "pause" && scope === "all");
  const names = jobs.filter(({ active }) => active).map(({ name }) => name);
  const same = JSON.stringify([all, names]);
  if (place.dataset.same === same) return;
  const focused = [...place.querySelectorAll("button")].indexOf(document.activeElement);
  const said = place.querySelector(".said") ?? saidPlace();
  const whole = { ...(all ? resume({}) : pause({})), label: all ? "Resume everything" : "Pause everything" };
  const acts = [whole, reload(), add(names), { ...retry({}), label: "Retry failed" }, set({}), unset({})];
  fill(place, acts.map((one) => button(() => one, said)), said);
  place.dataset.same = same;
  if (focused >= 0) place.querySelectorAll("button")[focused]?.focus();
}

build();
enter();
