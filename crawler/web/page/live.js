/** The stream of states: it comes back by itself, and says when it is away. */

import { ask, Problem } from "./api.js";

const AGAIN_MS = 2000;
/** A server that is there tells something every second; a ledger that is locked has it wait. */
const SILENCE_MS = 25_000;

/** A tab that nobody looks at hears for its title alone: a browser has six connections for all its tabs. */
const GLANCE_MS = 15_000;

/** Listen until stopped; `heard` has `state`, `fault`, `away` and `refused`, each a function. */
export class Live {
  #heard;
  #stream = null;
  #timer = 0;
  #silence = 0;
  #broke = false;
  #wanted = false;

  constructor(heard) {
    this.#heard = heard;
    document.addEventListener("visibilitychange", () => this.#turned());
  }

  #turned() {
    if (!this.#wanted) return;
    if (document.hidden) this.#again(GLANCE_MS);
    else this.start();
  }

  start() {
    this.stop();
    this.#wanted = true;
    this.#stream = new EventSource("/api/v1/events");
    this.#on("state", (state) => this.#heard.state(state));
    this.#on("fault", ({ detail }) => this.#heard.fault(detail));
    this.#stream.addEventListener("error", () => this.#lost());
    this.#await();
  }

  #on(name, told) {
    this.#stream.addEventListener(name, ({ data }) => {
      this.#broke = false;
      this.#await();
      told(JSON.parse(data));
      if (document.hidden) this.#again(GLANCE_MS);
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

  #again(after) {
    this.stop();
    this.#wanted = true;
    this.#timer = setTimeout(() => this.start(), after);
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#stream?.close();
    this.#stream = null;
  }

  /**
   * A stream that ends, as each does after an hour, is opened anew by the browser: the server is away if
   * that fails. One that was refused is not: ask why it was.
   */
  async #lost() {
    const refused = this.#stream?.readyState === EventSource.CLOSED;
    const before = this.#broke;
    this.#broke = true;
    if (!refused) return before ? this.#heard.away() : null;
    this.#again(AGAIN_MS);
    return this.#heard.refused(await whyRefused());
  }
}

/** Return why there is no stream; the status is 0 where no server answers. */
async function whyRefused() {
  try {
    await ask("status");
    return new Problem("the server has no room for one more open page; it is asked again and again", 503, "busy");
  } catch (problem) {
    return problem;
  }
}
