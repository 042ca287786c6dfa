/** The stream of states: it comes back by itself, and says when it is away. */

import { ask, Problem } from "./api.js";

const AGAIN_MS = 2000;
/** A server that is there tells something every second; a ledger that is locked has it wait. */
const SILENCE_MS = 25_000;

/** Listen until stopped; `heard` has `state`, `fault`, `away` and `refused`, each a function. */
export class Live {
  #heard;
  #stream = null;
  #timer = 0;
  #silence = 0;

  constructor(heard) {
    this.#heard = heard;
  }

  start() {
    this.stop();
    this.#stream = new EventSource("/api/v1/events");
    this.#on("state", (state) => this.#heard.state(state));
    this.#on("fault", ({ detail }) => this.#heard.fault(detail));
    this.#stream.addEventListener("error", () => this.#lost());
    this.#await();
  }

  #on(name, told) {
    this.#stream.addEventListener(name, ({ data }) => {
      this.#await();
      told(JSON.parse(data));
    });
  }

  /** A stream that is silent for too long is broken, whatever the browser thinks. */
  #await() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#heard.away();
      this.start();
    }, SILENCE_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
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
