/** How long what was submitted takes, as far as known: of what runs again and again. */
export interface RunTime {
  /** Of the last run that was waited for; 0 before the first. */
  seconds: number;
}

/** Milliseconds that are not worth a timer. */
const SHORTEST_SLEEP = 2;
/** Part of the expected time to sleep: a wall clock around it must not see a sleep that was too long. */
const PART_SLEPT = 0.9;
/** A wait that ends at once, in this part of the time, followed too long a sleep. */
const AT_ONCE = 0.02;

/**
 * What a device was given and has not been waited for. Dawn for Node polls in a busy loop while a promise is
 * pending, which takes one core away from an adapter that computes on the CPU: there, who waits sleeps first, for
 * most of the time that the work took before.
 */
export class SubmittedWork {
  readonly #sleeps: boolean;
  #since = 0;
  #awake = 0;
  readonly #runs: RunTime[] = [];

  /** @param sleeps whether the adapter computes on the CPU */
  constructor(sleeps: boolean) {
    this.#sleeps = sleeps;
  }

  /** Notes runs that were submitted this moment. */
  add(runs: readonly RunTime[]): void {
    if (this.#runs.length === 0) this.#since = performance.now();
    this.#runs.push(...runs);
  }

  /** Sleeps for most of the time that is expected to be left. */
  async sleep(): Promise<void> {
    const left = PART_SLEPT * this.#expected - (performance.now() - this.#since);
    if (this.#sleeps && left >= SHORTEST_SLEEP) {
      await new Promise((resolve) => setTimeout(resolve, left));
    }
    this.#awake = performance.now();
  }

  /** Notes how long the runs took, after all of them were waited for. */
  finished(): void {
    const now = performance.now();
    const taken = now - this.#since;
    const overslept = this.#expected > 0 && now - this.#awake < AT_ONCE * taken;
    const runs = this.#runs.splice(0);
    // How much too long is not known: the next wait, without a sleep, will tell. A first run compiles its kernels.
    const seconds = overslept ? 0 : taken / 1000 / runs.length;
    for (const run of runs) run.seconds = seconds;
  }

  /** Forgets the runs, whose end was not seen: the wait for it failed. */
  failed(): void {
    this.#runs.length = 0;
  }

  get #expected(): number {
    return this.#runs.reduce((sum, { seconds }) => sum + 1000 * seconds, 0);
  }
}
