/** Samples as the columns that charts draw; nothing here touches the page. */

import { seconds } from "./words.js";

const KINDS = [
  "stored", "unchanged", "not_found", "http_error", "timeout", "connect", "dns", "tls", "truncated",
  "protocol", "decode", "too_big", "unwanted", "mismatch", "empty", "redirected", "redirect_limit", "robots", "blocked",
  "local_io", "cancelled", "bug",
];
const SHOWN = 6;
const GAP = 2.5;
export const OTHERS = "others";

/** Return the kinds with the most visits, in the order of all kinds, and `others` for the rest. */
export function kindsOf(samples) {
  const sums = new Map();
  for (const { visits } of samples)
    for (const [kind, n] of Object.entries(visits)) if (n) sums.set(kind, (sums.get(kind) ?? 0) + n);
  const most = [...sums].sort(([, one], [, other]) => other - one).map(([kind]) => kind);
  const kept = most.length > SHOWN ? most.slice(0, SHOWN - 1) : most;
  const found = kept.sort((one, other) => place(one) - place(other));
  return most.length > SHOWN ? [...found, OTHERS] : found;
}

const place = (kind) => (KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length);

/** Return rows of numbers: `at`, visits a minute by kind, bytes a second, in flight, lag; null in a gap. */
export function rowsOf(samples, kinds) {
  const rows = samples.map((sample) => row(sample, kinds));
  return rows.flatMap((one, at) => (at && apart(rows[at - 1], one) ? [gap(one), one] : [one]));
}

function row({ at, passed_s: passed, visits, bytes, in_flight: busy, lag_s: lag }, kinds) {
  const total = Object.values(visits).reduce((sum, n) => sum + n, 0);
  const aMinute = (n) => (passed > 0 ? (60 * n) / passed : 0);
  const named = kinds.filter((kind) => kind !== OTHERS);
  const rest = total - named.reduce((sum, kind) => sum + (visits[kind] ?? 0), 0);
  return {
    at: seconds(at), passed, total: aMinute(total), bytes: passed > 0 ? bytes / passed : 0, busy, lag,
    kinds: kinds.map((kind) => aMinute(kind === OTHERS ? rest : (visits[kind] ?? 0))),
  };
}

const apart = (one, next) => next.at - one.at > GAP * Math.max(one.passed, next.passed, 1);

const gap = (next) => ({
  at: next.at - Math.max(next.passed, 1), passed: 0, total: null, bytes: null, busy: null, lag: null,
  kinds: next.kinds.map(() => null),
});

/** Return the columns of a stack, the highest first: each kind's line is the sum of all up to it. */
export function stacked(rows, kinds) {
  const sums = rows.map(({ kinds: values }) => {
    let sum = 0;
    return values.map((n) => (n === null ? null : (sum += n)));
  });
  return kinds.map((_, at) => sums.map((values) => values[kinds.length - 1 - at]));
}

/** Return at most so many rows, each the mean of a stretch: what a table of the numbers shows. */
export function thinned(rows, most) {
  const known = rows.filter((one) => one.total !== null);
  const step = Math.max(1, Math.ceil(known.length / most));
  const starts = known.map((_, at) => at).filter((at) => at % step === 0);
  return starts.map((at) => mean(known.slice(at, at + step))).reverse();
}

function mean(rows) {
  const of = (key) => rows.reduce((sum, one) => sum + one[key], 0) / rows.length;
  return {
    at: rows[0].at, total: of("total"), bytes: of("bytes"), busy: of("busy"),
    lag: Math.max(...rows.map((one) => one.lag)),
    kinds: rows[0].kinds.map((_, at) => rows.reduce((sum, one) => sum + one.kinds[at], 0) / rows.length),
  };
}
