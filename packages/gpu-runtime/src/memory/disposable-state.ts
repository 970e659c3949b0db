import { PapilioError } from "@papilio/butterfly";

/** The code of the error for each kind of thing that was disposed of. */
const CODES = {
  matrix: "MATRIX_DISPOSED",
  multiplication: "MULTIPLICATION_DISPOSED",
  weights: "WEIGHTS_DISPOSED",
} as const;

/** Whether something that owns device memory was disposed of. */
export class DisposableState {
  readonly #what: keyof typeof CODES;
  #disposed = false;

  constructor(what: keyof typeof CODES) {
    this.#what = what;
  }

  /** Releases, the first time. */
  dispose(release: () => void): void {
    if (this.#disposed) return;
    this.#disposed = true;
    release();
  }

  /** @throws PapilioError `MATRIX_DISPOSED`, `MULTIPLICATION_DISPOSED`, `WEIGHTS_DISPOSED` */
  assertLive(): void {
    if (!this.#disposed) return;
    const what = this.#what === "weights" ? "store of weights" : this.#what;
    throw new PapilioError(
      CODES[this.#what],
      `The ${what} was disposed of: its packed weights are gone.`,
      "Dispose of it after its last use, or prepare another one.",
    );
  }
}
