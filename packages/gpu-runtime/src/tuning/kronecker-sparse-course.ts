import { KroneckerSparse, type Pattern, uniform } from "@papilio/butterfly";
import type { Gpu } from "../device/gpu.ts";
import type { Variant } from "../kernels/kronecker-sparse/variant.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import type { InputShape } from "../multiplication/multiplication.ts";
import { Program } from "../program/program.ts";
import { calibrate, sampleSeconds } from "../program/sample-seconds.ts";
import { quantize } from "../tensor/dtype.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import type { Contender } from "./race.ts";
import { SampledReference } from "./sampled-reference.ts";
import type { Course } from "./tune.ts";

/**
 * Races variants of the fused kernel: a random factor, an input and an output in device memory, and
 * the float64 product to compare with.
 */
export class KroneckerSparseCourse implements Course<Variant> {
  readonly #gpu: Gpu;
  readonly #factor: KroneckerSparse;
  readonly #shape: InputShape;
  readonly #reference: SampledReference;
  readonly #unwritten: Float32Array;
  readonly #x: Tensor;
  readonly #y: Tensor;
  readonly #signal: AbortSignal | undefined;

  /** @throws PapilioError `BUFFER_TOO_LARGE`, `MEMORY_BUDGET` */
  constructor(gpu: Gpu, pattern: Pattern, shape: InputShape, signal?: AbortSignal) {
    this.#gpu = gpu;
    this.#shape = shape;
    this.#signal = signal;
    this.#y = new Tensor(gpu, { ...shape, features: pattern.rows, label: "tuning output" });
    try {
      const options = { ...shape, features: pattern.cols, label: "tuning input" };
      const inputs = Float32Array.from({ length: shape.batch * pattern.cols }, uniform(7));
      const stored = quantize(inputs, shape.dtype);
      const { values } = KroneckerSparse.random(pattern, { seed: 11 });
      this.#factor = new KroneckerSparse(pattern, quantize(values, shape.dtype));
      this.#reference = new SampledReference(this.#factor, stored, shape);
      this.#unwritten = new Float32Array(this.#y.length).fill(Number.NaN);
      this.#x = tensor(gpu, stored, options);
    } catch (error) {
      this.#y.dispose();
      throw error;
    }
  }

  async prepare(variant: Variant): Promise<Contender> {
    const multiplication = prepareKroneckerSparse(this.#gpu, this.#factor, this.#shape, {
      variant,
    });
    try {
      const program = await Program.record(this.#gpu, multiplication.steps(this.#x, this.#y));
      let repeats: number | undefined;
      return {
        verify: () => this.#verify(program),
        sample: async () => {
          if (repeats !== undefined) return sampleSeconds(program, repeats);
          const calibration = await calibrate(program, this.#signal);
          repeats = calibration.repeats;
          return calibration.seconds;
        },
        [Symbol.dispose]: () => {
          program.dispose();
          multiplication.dispose();
        },
      };
    } catch (error) {
      multiplication.dispose();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#x.dispose();
    this.#y.dispose();
  }

  async #verify(program: Program): Promise<string | undefined> {
    // An output that is not written must not pass for the right one of the candidate before.
    this.#y.write(this.#unwritten);
    program.run();
    return this.#reference.check(await this.#y.data());
  }
}
