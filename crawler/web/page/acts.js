/** The acts of the page: each is a verb of the command line, what it asks for, and its words. */

import { checks, choice, line, lines } from "./fields.js";

const FAILURES = [
  "http_error", "timeout", "connect", "dns", "tls", "truncated", "protocol", "decode", "too_big",
  "unwanted", "mismatch", "empty", "redirected", "redirect_limit", "robots", "blocked", "not_found", "local_io", "cancelled", "bug",
];
const LENGTHS = ["15m", "1h", "6h", "1d", "7d"];
const lasting = line("for", "For how long", {
  hint: "15m, 1h, 7d …; empty: until it is taken back", choices: LENGTHS,
});
const why = line("why", "Why", { hint: "For others who wonder: it is shown where it acts." });

/** What a scope, `{}`, `{job}` or `{host}`, is called. */
export const named = ({ host, job }) =>
  host ? `host ${host}` : job ? `job ${job}` : "everything";

export const pause = (scope) => ({
  verb: "pause", label: "Pause", submit: "Pause", title: `Pause ${named(scope)}`, body: scope, counts: true,
  about: "No visit begins any more; those under way end. Lists are read meanwhile.",
  fields: [lasting, why],
});

export const resume = (scope) => ({ verb: "resume", label: "Resume", title: `Resume ${named(scope)}`, body: scope });

export const wake = (host) => ({ verb: "wake", label: "Wake", title: `Wake ${host}`, body: { hosts: [host] } });

export const force = (host) => ({
  verb: "wake", label: "Wake by force", title: `Wake ${host} by force`, body: { hosts: [host], force: true },
  about: "What the host asked for itself (Retry-After) ends too. Be sure that it is glad of it.", fields: [],
});

export const slow = (host) => ({
  verb: "set", label: "Slow", title: `Slow down ${host}`, submit: "Slow down", body: { host }, counts: true,
  about: "A longer rest between two visits, above the configuration, in every process.",
  fields: [line("delay", "Rest between two visits", { value: "10s", required: true, choices: ["2s", "5s", "10s", "30s", "1m"] }), lasting, why],
  made: ({ delay, ...rest }) => ({ ...rest, options: [`delay=${delay}`] }),
});

export const set = (scope) => ({
  verb: "set", label: "Set", submit: "Set", title: `Set options of ${named(scope)}`, body: scope, counts: true,
  about: "They stand above the file in every process, over restarts and reloads, until they are unset.",
  fields: [lines("options", "Options", { rows: 2, hint: "As in the file, one a line: delay=5s, timeout.read=1m, concurrency=128" }), lasting, why],
});

export const unset = (scope, options = []) => ({
  verb: "unset", label: "Unset", submit: "Unset", title: `Unset options of ${named(scope)}`, body: { ...scope, options },
  ...(options.length ? {} : {
    about: "The file counts again.",
    fields: [lines("options", "Options", { rows: 2, hint: "Their names, one a line: delay" })],
  }),
});

/** What a standing wish is taken back by. */
export const takeBack = ({ verb, option, scope, subject }) => {
  const of = scope === "all" ? {} : { [scope]: subject };
  return { ...(verb === "pause" ? resume(of) : unset(of, [option])), label: "Take back" };
};

export const retry = (scope, kinds = []) => ({
  verb: "retry", label: "Retry", title: scope.host || scope.job ? `Retry failed URLs of ${named(scope)}` : "Retry failed URLs",
  submit: "Retry", body: scope, counts: true,
  about: "They are due now, with all their attempts: what was given up, and what waits after failures.",
  fields: [
    checks("kind", "Whose last visit was of these kinds (none: of any that failed)", FAILURES, kinds),
    line("since", "Visited within the last", { hint: "1d, 12h, 30m …; empty: whenever", choices: ["1h", "1d", "7d"] }),
  ],
});

export const retryUrl = (url) => ({ verb: "retry", label: "Retry", title: `Retry ${url}`, body: { urls: [url] } });

export const add = (jobs, job) => ({
  verb: "add", label: "Add URLs", title: job ? `Add URLs to ${job}` : "Add URLs", submit: "Add", body: job ? { job } : {}, counts: true,
  about: "They are due now and stand on no list; they stay until they are forgotten.",
  fields: [
    ...(job ? [] : [choice("job", "Job", jobs.map((name) => [name, name]))]),
    lines("urls", "URLs", { rows: 6, hint: "One a line, 500 at most; bad ones are told, and the others are added." }),
  ],
});

export const reload = (process) => ({
  verb: "reload", label: "Reload", title: process ? `Reload process ${process}` : "Reload", submit: "Reload",
  body: process ? { process } : {},
  about: "The configuration and its lists are read again, and what differs is put in force.", fields: [],
});

export const believe = (job) => ({
  verb: "reload", label: "Believe its lists", title: `Believe the lists of ${job}`, submit: "Reload and believe", body: { believe: job },
  about: "Its lists lost so many URLs that nothing was removed. If that is right, they are removed now.", fields: [],
});
