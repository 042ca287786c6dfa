/** The stream of states: it comes back by itself, and says when it is away. */

import { ask, Problem } from "./api.js";

const AGAIN_MS = 2000;

/** Listen until stopped; `heard` has `state`, `fault`, `away` and `refused`, each a function. */
export class Live {
  #heard;
  #stream = null;
  #timer = 0;

  constructor(heard) {
    this.#heard = heard;
  }

  start() {
    this.stop();
    this.#stream = new EventSource("/api/v1/events");
    this.#stream.addEventListener("state", ({ data }) => this.#heard.state(JSON.parse(data)));
    this.#stream.addEventListener("fault", ({ data }) => this.#heard.fault(JSON.parse(data).detail));
    this.#stream.addEventListener("error", () => this.#lost());
  }

  stop() {
    clearTimeout(this.#timer);
    this.#stream?.close();
    this.#stream = null;
  }

  /** A stream that broke is opened anew by the browser, one that was refused is not: ask why it was. */
  async #lost() {
    const refused = this.#stream?.readyState === EventSource.CLOSED;
    if (!refused) return this.#heard.away();
    this.stop();
    this.#timer = setTimeout(() => this.start(), AGAIN_MS);
    this.#heard.refused(await whyRefused());
  }
}

/** Return why there is no stream; the status is 0 where no server answers. */
async function whyRefused() {
  try {
    await ask("status");
    return new Problem("the server has no room for one more open page; it is asked again", 503);
  } catch (problem) {
    return problem;
  }
}
