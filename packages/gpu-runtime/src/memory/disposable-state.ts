import { PapilioError } from "@papilio/butterfly";

/** Whether something that owns device memory was disposed of. */
export class DisposableState {
  readonly #what: "matrix" | "multiplication";
  #disposed = false;

  constructor(what: "matrix" | "multiplication") {
    this.#what = what;
  }

  /** Releases, the first time. */
  dispose(release: () => void): void {
    if (this.#disposed) return;
    this.#disposed = true;
    release();
  }

  /** @throws PapilioError `MATRIX_DISPOSED`, `MULTIPLICATION_DISPOSED` */
  assertLive(): void {
    if (!this.#disposed) return;
    throw new PapilioError(
      this.#what === "matrix" ? "MATRIX_DISPOSED" : "MULTIPLICATION_DISPOSED",
      `The ${this.#what} was disposed of: its packed weights are gone.`,
      "Dispose of it after its last use, or prepare another one.",
    );
  }
}
