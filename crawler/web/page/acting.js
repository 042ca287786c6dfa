/** Acts on their way: a button, perhaps a dialog, and beside it what was said or refused. */

import { act } from "./api.js";
import { $, el, fill, plain } from "./dom.js";

const listeners = new Set();

/** Have a function called after every act that changed something, with its verb and words. */
export const afterActs = (listener) => listeners.add(listener);

/** Where a row or a section says what came of its acts. */
export const saidPlace = () => el("output", { class: "said", "aria-live": "polite" });

/** A button for an act, as `describe` describes it when it is pressed; `said` gets what came of it. */
export function button(describe, said, attributes = {}) {
  const { label, title } = describe();
  const pressed = ({ currentTarget }) => begin(describe(), currentTarget, said);
  return el("button", { type: "button", "aria-label": plain(title), title: plain(title), onclick: pressed, ...attributes }, label);
}

async function begin(wanted, pressed, said) {
  if (wanted.fields) return open(wanted, said);
  if (pressed.getAttribute("aria-busy") === "true") return null;
  pressed.setAttribute("aria-busy", "true");
  say(said, await carriedOut(wanted, wanted.body));
  pressed.removeAttribute("aria-busy");
  return null;
}

/** Carry out an act; returns lines of what was said, those of what was refused, and how it went. */
async function carriedOut({ verb }, body) {
  try {
    const { exit, lines, refused } = await act(verb, body);
    if (!body.dry_run) listeners.forEach((listener) => listener(verb, body));
    return { lines, refused, mood: exit === 0 ? "ok" : exit === 1 ? "warn" : "bad" };
  } catch (problem) {
    return { lines: [], refused: problem.message.split("\n"), mood: "bad" };
  }
}

/** Write what came of an act, with a way to put it away. */
function say(place, { lines, refused, mood }) {
  const close = el("button", { type: "button", class: "close", "aria-label": "Put this away", onclick: () => hush(place) }, "×");
  const told = lines.map((text) => el("p", {}, plain(text)));
  const not = refused.map((text) => el("p", { class: "refused" }, plain(text)));
  place.className = `said ${mood}`;
  fill(place, told.length + not.length ? [...told, ...not] : el("p", {}, "Done."), close);
}

/** The focus goes to a button beside what is put away. */
function hush(place) {
  place.parentElement?.querySelector("button:not(.close)")?.focus();
  fill(place);
  place.className = "said";
}

/** Ask in a dialog; it closes when the act is done, and stays with what was refused. */
function open(wanted, said) {
  const dialog = $("dialog");
  const answer = saidPlace();
  const form = el("form", { method: "dialog", class: "asked" },
    el("h2", { id: "dialog-title" }, plain(wanted.title)),
    el("p", { class: "quiet" }, wanted.about),
    wanted.fields.map((field) => field.build()),
    el("div", { class: "buttons" },
      el("button", { type: "submit", class: "main", value: "do" }, wanted.submit ?? wanted.label),
      wanted.counts ? el("button", { type: "submit", value: "count" }, "Only try") : null,
      el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      answer));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(wanted, form, { dry: event.submitter?.value === "count", dialog, answer, said });
  });
  fill(dialog, form);
  dialog.showModal();
}

async function send(wanted, form, { dry, dialog, answer, said }) {
  const given = Object.assign({}, ...wanted.fields.map((field) => field.read(form)));
  const body = { ...wanted.body, ...(wanted.made ?? ((same) => same))(given), ...(dry ? { dry_run: true } : {}) };
  const buttons = form.querySelectorAll("button[type=submit]");
  buttons.forEach((one) => one.setAttribute("aria-busy", "true"));
  const came = await carriedOut(wanted, body);
  buttons.forEach((one) => one.removeAttribute("aria-busy"));
  if (dry || came.refused.length || came.mood === "bad") return say(answer, came);
  dialog.close();
  return say(said, came);
}
