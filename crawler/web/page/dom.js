/** Elements of the page. What is put into them is text, never markup: all of it came from strangers. */

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const LONGEST = 2000;

export const $ = (id) => document.getElementById(id);

/** Make an element; a string among its children becomes text, and `onclick` and the like listen. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) put(made, key, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

function put(element, key, value) {
  if (typeof value === "function") element.addEventListener(key.slice(2), value);
  else if (value === true) element.setAttribute(key, "");
  else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
}

/** Set a text where it differs: what does not change is left alone, and so is what is selected in it. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an attribute where it differs. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Put children in the place of those that are there. */
export const fill = (element, ...children) => {
  element.replaceChildren(...children.flat().filter(Boolean));
};

/** A stranger's text as it can be read: no character hides or turns the direction, none is endless. */
export function plain(text) {
  const whole = String(text ?? "");
  const shown = whole.slice(0, LONGEST).replace(HIDDEN, escaped);
  return whole.length > LONGEST ? `${shown}… (${whole.length.toLocaleString("en-US")} characters)` : shown;
}

const escaped = (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A stranger's text in a place of its own, from left to right, so that it moves nothing beside it. */
export const quoted = (text, attributes = {}) =>
  el("bdi", { dir: "ltr", class: "quoted", ...attributes }, plain(text));
