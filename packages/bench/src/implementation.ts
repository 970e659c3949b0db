import type { KroneckerSparse } from "@papilio/butterfly";
import type { Gpu, InputShape, Tensor } from "@papilio/gpu-runtime";

/** What an implementation is given: one factor, one input, one output to fill. */
export interface Problem {
  readonly gpu: Gpu;
  /** Values already rounded to `shape.dtype`. */
  readonly factor: KroneckerSparse;
  readonly shape: InputShape;
  /** `pattern.cols` features. */
  readonly x: Tensor;
  /** `pattern.rows` features. */
  readonly y: Tensor;
}

/**
 * A way of computing `y = W x`, to be compared with the others. To add one, write a file beside
 * `implementations/` that exports such a value and list it in the registry.
 */
export interface Implementation {
  readonly name: string;
  /** One line for tables and documentation. */
  readonly description: string;
  /**
   * Uploads, packs and compiles all that a run needs.
   *
   * @throws PapilioError when the implementation cannot do this problem, for example
   * `BUFFER_TOO_LARGE`: it is then skipped, with the message as the reason
   */
  prepare(problem: Problem): Promise<Prepared>;
}

/** An implementation that is ready to run on one problem. */
export interface Prepared extends Disposable {
  /** Device memory held besides x and y, in bytes. */
  readonly bytes: number;
  /** Computes y `repeats` times and resolves when the device is done. */
  run(repeats: number): Promise<void>;
  /** Seconds of device time for one run, as the mean over `repeats`; absent without timestamps. */
  time?(repeats: number): Promise<number>;
  /** Like `time`, split into arithmetic and memory rewriting; absent where nothing is rewritten. */
  timeRoles?(repeats: number): Promise<{ readonly multiply: number; readonly rewrite: number }>;
}
