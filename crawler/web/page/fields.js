/** What a dialog asks for: each field makes its control, and reads what stands in it. */

import { el } from "./dom.js";

let made = 0;

/** A line of text; an empty one is left out of the act. */
export const line = (name, label, { hint, value = "", required = false, choices = [] } = {}) => ({
  build() {
    const id = `field-${(made += 1)}`;
    const list = choices.length ? `${id}-list` : null;
    const input = el("input", {
      id, name, value, required, list, spellcheck: "false", autocapitalize: "off", autocomplete: "off",
      "aria-describedby": hint ? `${id}-hint` : null,
    });
    const options = el("datalist", { id: list }, choices.map((one) => el("option", { value: one })));
    return labelled(id, label, hint, list ? [input, options] : [input]);
  },
  read: (form) => ({ [name]: form.elements[name].value.trim() || undefined }),
});

/** Texts, one a line. */
export const lines = (name, label, { hint, value = "", rows = 4 } = {}) => ({
  build() {
    const id = `field-${(made += 1)}`;
    const area = el("textarea", {
      id, name, rows, required: true, spellcheck: "false", autocapitalize: "off",
      "aria-describedby": hint ? `${id}-hint` : null,
    });
    area.value = value;
    return labelled(id, label, hint, [area]);
  },
  read: (form) => ({ [name]: split(form.elements[name].value) }),
});

/** One of several words. */
export const choice = (name, label, words, { hint } = {}) => ({
  build() {
    const id = `field-${(made += 1)}`;
    const options = words.map(([value, text]) => el("option", { value }, text));
    return labelled(id, label, hint, [el("select", { id, name }, options)]);
  },
  read: (form) => ({ [name]: form.elements[name].value || undefined }),
});

/** Any of several words. */
export const checks = (name, label, words, chosen = []) => ({
  build: () =>
    el("fieldset", { class: "checks" }, el("legend", {}, label), words.map((word) =>
      el("label", {}, el("input", { type: "checkbox", name, value: word, checked: chosen.includes(word) }),
        word.replaceAll("_", " ")))),
  read(form) {
    const found = [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value);
    return { [name]: found.length ? found : undefined };
  },
});

const labelled = (id, label, hint, controls) =>
  el("div", { class: "field" }, el("label", { for: id }, label), controls,
    hint ? el("small", { id: `${id}-hint` }, hint) : null);

const split = (text) => text.split("\n").map((one) => one.trim()).filter(Boolean);
