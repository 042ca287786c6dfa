/** The API: what it answers, or a Problem that says in a sentence why it does not. */

const ROOT = "/api/v1/";

/** Why a question or an act was refused. */
export class Problem extends Error {
  constructor(detail, status = 0, kind = "") {
    super(detail);
    this.status = status;
    this.kind = kind;
  }
}

/** Ask; parameters that are null or "" are left out. */
export const ask = (path, parameters = {}) => fetched(ROOT + path + query(parameters), {});

/** Act: a verb of the command line, with its words. */
export const act = (verb, body) => fetched(ROOT + verb, posted(body));

/** Log in by a token; the answer is a cookie. */
export const login = (token) => fetched("/login", posted({ token }));

export const logout = () => fetched("/logout", posted({}));

const posted = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

async function fetched(url, options) {
  const answer = await reached(url, options);
  const text = await answer.text();
  if (!answer.ok) throw problemOf(text, answer.status);
  return text ? JSON.parse(text) : null;
}

async function reached(url, options) {
  try {
    return await fetch(url, { ...options, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new Problem("the server of this page does not answer; is `crawler web` running?");
  }
}

function problemOf(text, status) {
  const otherwise = `the server says ${status}`;
  try {
    const { detail, title, kind } = JSON.parse(text);
    return new Problem(detail || title || otherwise, status, kind);
  } catch {
    return new Problem(otherwise, status);
  }
}
