import type { DeviceContext } from "../device/device-context.ts";
import type { Step } from "../device/kernel.ts";
import type { Span } from "../memory/lease.ts";
import type { Scratch } from "../memory/scratch.ts";
import { ReusableProgram } from "../program/reusable-program.ts";

/** Vectors of a shape without a place. */
interface Unplaced {
  readonly memory: Scratch;
}

/** What is multiplied by again and again: a prepared multiplication of real or of complex vectors. */
interface Repeatable<V> extends Disposable {
  readonly bytes: number;
  steps(x: V, y: V): readonly Step[];
}

/** A prepared multiplication with its program, which is recorded once, at the first run. */
export class RepeatedMultiplication<V extends Unplaced, M extends Repeatable<V>>
  implements Disposable
{
  readonly multiplication: M;
  readonly #record: () => ReusableProgram;
  #program: ReusableProgram | undefined;

  /**
   * Owns the multiplication.
   *
   * @param x vectors of the shape that it was prepared for, and y those that it computes
   */
  constructor(gpu: DeviceContext, multiplication: M, x: V, y: V) {
    this.multiplication = multiplication;
    this.#record = () => new ReusableProgram(gpu, multiplication.steps(x, y), [x.memory, y.memory]);
  }

  /** Device memory held, in bytes. */
  get bytes(): number {
    return this.multiplication.bytes;
  }

  /** Submits `y = W x`. Throws what {@link ReusableProgram.run} does. */
  async run(x: Span, y: Span): Promise<void> {
    this.#program ??= this.#record();
    await this.#program.run([x, y]);
  }

  [Symbol.dispose](): void {
    this.#program?.dispose();
    this.multiplication[Symbol.dispose]();
  }
}
