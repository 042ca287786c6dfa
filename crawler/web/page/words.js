/** Words for numbers and times, as the command line has them. */

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const SIZES = ["B", "KB", "MB", "GB", "TB", "PB"];

/** `1,240`; nothing for what is not known. */
export const number = (n, digits = 0) =>
  n === null || n === undefined
    ? ""
    : n.toLocaleString("en-US", { maximumFractionDigits: digits });

/** `1 host`, `1,000 hosts`. */
export const counted = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;

/** Three digits that count: `16.3`, `0.42`, `1,240`. */
export const short = (n) => (n === null ? "" : number(n, n >= 100 ? 0 : n >= 10 ? 1 : 2));

/** A stretch of time in its two greatest units: `2 h 3 min`. */
export function span(seconds) {
  if (seconds < 59.5) return `${Number(seconds.toPrecision(3))} s`;
  let left = Math.round(seconds);
  const parts = UNITS.map(([length, unit]) => {
    const n = Math.floor(left / length);
    left -= n * length;
    return n ? `${n} ${unit}` : "";
  });
  const first = parts.findIndex(Boolean);
  return parts.slice(first, first + 2).filter(Boolean).join(" ");
}

/** Seconds since 1970 of a time as the API writes it. */
export const seconds = (stamp) => Date.parse(stamp) / 1000;

/** `3 min ago`, `in 5 s`, `now`; times are those of the ledger, and so is now. */
export function away(stamp, now) {
  if (!stamp) return "never";
  const far = Math.round(seconds(stamp) - seconds(now));
  if (!far) return "now";
  return far > 0 ? `in ${span(far)}` : `${span(-far)} ago`;
}

/** `3 min ago` of what has happened: `now`, if the ledger has told its time a moment before. */
export const ago = (stamp, now) => (stamp && seconds(stamp) > seconds(now) ? "now" : away(stamp, now));

/** `73.1 GB`. */
export function size(bytes) {
  let at = 0;
  let left = bytes;
  for (; left >= 1000 && at < SIZES.length - 1; at += 1) left /= 1000;
  return at ? `${left.toFixed(1)} ${SIZES[at]}` : `${left} B`;
}

/** `97 %`. */
export const percent = (share) => (share === null ? "" : `${Math.round(share * 100)} %`);

/** A rate as `hosts` tells it: a second, a minute or an hour. */
export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined) return "";
  if (perSecond >= 1) return `${short(perSecond)}/s`;
  return perSecond * 60 >= 1 ? `${short(perSecond * 60)}/min` : `${short(perSecond * 3600)}/h`;
}

/** `not found` of `not_found`. */
export const spaced = (word) => word.replaceAll("_", " ");

/** A sentence begins with a capital, unless a name begins it. */
export const capital = (text) =>
  /^[a-z]+ /.test(text) ? text[0].toUpperCase() + text.slice(1) : text;

/** When a job's URLs come back, from what the ledger keeps of its schedule. */
export function schedule(text) {
  if (!text) return "once";
  const { every, cron, timezone } = JSON.parse(text);
  if (every) return `every ${span(every)}`;
  return cron ? `${cron} ${timezone ?? ""}`.trim() : "scheduled";
}
