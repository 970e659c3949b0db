import { Butterfly, type Chain } from "@papilio/butterfly";
import { quantizeButterfly } from "@papilio/butterfly/matrix";
import { quantize, uniform } from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../device/device-context.ts";
import type { Multiplication } from "../multiplication/multiplication.ts";
import { Program } from "../program/program.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import type { PreparedCandidate } from "./autotune.ts";
import { SampledReference } from "./sampled-reference.ts";
import { timedProgram } from "./timed-program.ts";
import type { TuningHarness } from "./tune.ts";

/** A way of multiplying, with the sums that make an output: see `terms` of `Rounding`. */
export interface TimedMultiplication {
  readonly multiplication: Multiplication;
  readonly terms: readonly number[];
}

/**
 * Measures ways of multiplying by a chain: random factors, an input and an output in device memory, and
 * the float64 product to compare with.
 */
export class MultiplicationHarness<T> implements TuningHarness<T> {
  readonly #gpu: DeviceContext;
  readonly #butterfly: Butterfly;
  readonly #prepare: (value: T, butterfly: Butterfly) => TimedMultiplication;
  readonly #reference: SampledReference;
  readonly #unwritten: Float32Array;
  readonly #x: Tensor;
  readonly #y: Tensor;
  readonly #signal: AbortSignal | undefined;

  /** @throws PapilioError `BUFFER_TOO_LARGE`, `MEMORY_BUDGET` */
  constructor(
    gpu: DeviceContext,
    chain: Chain,
    shape: InputShape,
    signal: AbortSignal | undefined,
    prepare: (value: T, butterfly: Butterfly) => TimedMultiplication,
  ) {
    this.#gpu = gpu;
    this.#signal = signal;
    this.#prepare = prepare;
    this.#y = new Tensor(gpu, { ...shape, features: chain.rows, label: "tuning output" });
    try {
      const options = { ...shape, features: chain.cols, label: "tuning input" };
      const inputs = Float32Array.from({ length: shape.batch * chain.cols }, uniform(7));
      const stored = quantize(inputs, shape.dtype);
      this.#butterfly = quantizeButterfly(Butterfly.random(chain, { seed: 11 }), shape.dtype);
      this.#reference = new SampledReference(this.#butterfly, stored, shape);
      this.#unwritten = new Float32Array(this.#y.length).fill(Number.NaN);
      this.#x = tensor(gpu, stored, options);
    } catch (error) {
      this.#y.dispose();
      throw error;
    }
  }

  async prepare(value: T): Promise<PreparedCandidate> {
    const { multiplication, terms } = this.#prepare(value, this.#butterfly);
    try {
      const program = await Program.record(this.#gpu, multiplication.steps(this.#x, this.#y));
      return timedProgram(program, {
        verify: () => this.#verify(program, terms),
        release: () => multiplication.dispose(),
        signal: this.#signal,
      });
    } catch (error) {
      multiplication.dispose();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#x.dispose();
    this.#y.dispose();
  }

  async #verify(program: Program, terms: readonly number[]): Promise<string | undefined> {
    // An output that is not written must not pass for the right one of the candidate before.
    this.#y.write(this.#unwritten);
    program.run();
    return this.#reference.check(await this.#y.data(), terms);
  }
}
