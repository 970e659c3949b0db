import process from "node:process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PapilioError } from "@papilio/butterfly";
import { type Shown, show, type Work } from "./kept.ts";
import { Pace } from "./pace.ts";
import { STOPPED } from "./stopped.ts";

/** Milliseconds that a command has to write what it keeps, or files that it is in the midst of. */
const PATIENCE = 1200;

/** Takes what a command would show if it was ended now; undefined when it needs no other to show it. */
export type Keeper = (shown: Shown | undefined) => Promise<void>;

/**
 * What Ctrl+C and SIGTERM do to a command: one for a process, for every command. A command is over at
 * once, and what it keeps of its work is written and shown. Where files must not be left half-written, it
 * is over when they are whole, in a second or so.
 */
export class Interruption {
  readonly #abort = new AbortController();
  readonly #over = Promise.withResolvers<never>();
  readonly #keeper: Keeper | undefined;
  readonly #whenServing: ((patience: number) => Promise<void>) | undefined;
  #patience: number | undefined;
  readonly #pace = new Pace();
  #work: Work | undefined;
  #handed = false;
  #left = false;
  #held = 0;

  /**
   * @param keeper shows what a command keeps where that is ended before it can do so itself
   * @param whenServing told how many milliseconds a command has to end that goes on until it is interrupted
   */
  constructor(keeper?: Keeper, whenServing?: (patience: number) => Promise<void>) {
    this.#keeper = keeper;
    this.#whenServing = whenServing;
    // Nobody may be waiting for it.
    this.#over.promise.catch(() => undefined);
  }

  /** Aborts when the command is interrupted. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Rejects with the signal's reason when the command must not be waited for any longer. */
  get over(): Promise<never> {
    return this.#over.promise;
  }

  /** Interrupts the command. Only the first call matters. */
  interrupt(): void {
    if (this.signal.aborted) return;
    const reason = new PapilioError(STOPPED.code, STOPPED.message, STOPPED.fix);
    this.#abort.abort(reason);
    if (this.#patience !== undefined) {
      setTimeout(() => this.#over.reject(reason), this.#patience).unref();
    } else if (this.#held === 0) this.#over.reject(reason);
    else setTimeout(() => this.#over.reject(reason), PATIENCE).unref();
  }

  /**
   * Says that the command goes on until it is interrupted, as a server does: it ends by itself then, and that is no
   * error.
   *
   * @param patience milliseconds that it has for that
   */
  async serve(patience: number): Promise<void> {
    this.signal.throwIfAborted();
    this.#patience = patience;
    await this.#whenServing?.(patience);
  }

  /** Until it is disposed of, the command ends by itself: it writes files that must not be left half-written. */
  hold(): Disposable {
    this.#held++;
    return {
      [Symbol.dispose]: () => {
        this.#held--;
        const isOver = this.#held === 0 && this.signal.aborted && this.#patience === undefined;
        if (isOver) this.#over.reject(this.signal.reason);
      },
    };
  }

  /**
   * Takes what there is of the work by now, in the place of what there was: it is saved and shown when the
   * command does not come to its end, whatever ends it. Called whenever there is more.
   *
   * It is saved at once, and handed to the keeper: the command may hear nothing for long, or crash. Where
   * that takes a large share of the time, what comes in a moment is kept with what comes next.
   *
   * @throws PapilioError what `save` throws
   */
  async keep(work: Work): Promise<void> {
    if (this.#left) return;
    this.#work = work;
    // A signal that came meanwhile is heard: work on the CPU leaves no time for that by itself.
    await nextTurn();
    await this.#pace.keep(async () => {
      using _held = this.hold();
      await work.save?.(false);
      await this.#hand(work.show());
    });
  }

  /**
   * Saves and shows the whole result. Once it begins, it is not interrupted.
   *
   * @throws PapilioError `INTERRUPTED` when it is too late for that; what `save` throws
   */
  async finish(work: Work): Promise<void> {
    this.signal.throwIfAborted();
    using _held = this.hold();
    this.#work = work;
    await work.save?.(true);
    show((await this.#leave()) as Shown);
  }

  /** Saves what there is of the work, and ends keeping. Gives what is to be shown of it, once. */
  async giveUp(): Promise<Shown | undefined> {
    // What prevents that is not what went wrong first.
    await this.#work?.save?.(true).catch(() => undefined);
    return await this.#leave();
  }

  async #leave(): Promise<Shown | undefined> {
    // The keeper shows what it has if this takes too long.
    const shown = this.#work?.show();
    this.#work = undefined;
    this.#left = true;
    if (this.#handed) await this.#hand(undefined);
    return shown;
  }

  async #hand(shown: Shown | undefined): Promise<void> {
    this.#handed = shown !== undefined;
    await this.#keeper?.(shown);
  }
}

const closed = new AbortController();
let watched = false;

/** Aborts when nobody reads stdout any more, as behind `head`: no error of ours. */
export function stdoutClosed(): AbortSignal {
  if (!watched) process.stdout.on("error", () => closed.abort());
  watched = true;
  return closed.signal;
}
