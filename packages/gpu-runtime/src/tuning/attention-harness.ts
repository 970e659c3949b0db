import { quantize, uniform } from "@papilio/butterfly/numeric";
import type { DeviceContext } from "../device/device-context.ts";
import { attentionKernel } from "../kernels/attention/kernel.ts";
import { type AttentionProblem, attentionStrides } from "../kernels/attention/problem.ts";
import type { AttentionVariant } from "../kernels/attention/variant.ts";
import type { Lease, Span } from "../memory/lease.ts";
import { Program } from "../program/program.ts";
import { BufferSet } from "../tensor/buffer-set.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type AttentionData, attentionReference, worstOutput } from "./attention-reference.ts";
import type { PreparedCandidate } from "./autotune.ts";
import { spread } from "./sampled-reference.ts";
import { timedProgram } from "./timed-program.ts";
import type { TuningHarness } from "./tune.ts";

/** Products of the reference, at most, so that it takes a fraction of a second. */
const MOST_PRODUCTS = 2 ** 23;

/**
 * Measures shapes of the attention kernel: random queries, keys and values in device memory, every key of them
 * counts, and outputs of some queries in float64 to compare with.
 */
export class AttentionHarness implements TuningHarness<AttentionVariant> {
  readonly #gpu: DeviceContext;
  readonly #problem: AttentionProblem;
  readonly #signal: AbortSignal | undefined;
  readonly #data: AttentionData;
  readonly #rows: readonly number[];
  readonly #y: Tensor;
  readonly #buffers: BufferSet;
  readonly #bound: readonly Span[];

  /** @throws PapilioError `BUFFER_TOO_LARGE`, `MEMORY_BUDGET` */
  constructor(gpu: DeviceContext, problem: AttentionProblem, signal: AbortSignal | undefined) {
    const { sequences, queries, keys, heads, keyValueHeads, headFeatures, dtype, pages } = problem;
    this.#gpu = gpu;
    this.#problem = problem;
    this.#signal = signal;
    const features = heads * headFeatures;
    this.#y = new Tensor(gpu, { ...problem.y, features, dtype, label: "tuning output" });
    this.#buffers = new BufferSet(gpu);
    try {
      const draw = uniform(13);
      const numbers = (vectors: number, each: number): Float32Array =>
        quantize(Float32Array.from({ length: vectors * each }, draw), dtype);
      const q = numbers(problem.q.batch, features);
      const k = numbers(problem.k.batch, keyValueHeads * headFeatures);
      const v = numbers(problem.v.batch, keyValueHeads * headFeatures);
      const at = Math.max(0, keys - queries);
      const size = pages?.size ?? keys;
      const table = Uint32Array.from(
        { length: (sequences * keys) / size },
        (_, page) => page % (pages?.count ?? 1),
      );
      const placeOf = (vector: number): number =>
        (table[Math.floor(vector / size)] as number) * size + (vector % size);
      const indices = (list: Uint32Array<ArrayBuffer>, label: string): Lease =>
        this.#buffers.uploadIndices(list, label);
      this.#data = { q, k, v, at, ...(pages && { placeOf }) };
      this.#bound = [
        this.#buffers.upload(q, dtype, "tuning queries"),
        this.#buffers.upload(k, dtype, "tuning keys"),
        this.#buffers.upload(v, dtype, "tuning values"),
        this.#y.memory,
        ...(problem.position ? [indices(Uint32Array.of(at), "tuning position")] : []),
        ...(problem.lengths
          ? [indices(new Uint32Array(sequences).fill(keys), "tuning lengths")]
          : []),
        ...(pages ? [indices(table, "tuning pages")] : []),
      ];
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    const total = sequences * queries * heads;
    const most = Math.floor(MOST_PRODUCTS / (2 * keys * headFeatures));
    this.#rows = spread(Math.min(total, Math.max(2, most)), total);
  }

  /** @param problem whose kernel is measured; the harness's own unless given, which tests do */
  async prepare(
    variant: AttentionVariant,
    problem: AttentionProblem = this.#problem,
  ): Promise<PreparedCandidate> {
    const kernel = attentionKernel(problem, variant);
    const step = { kernel, buffers: this.#bound, role: "multiply" } as const;
    const program = await Program.record(this.#gpu, [step]);
    return timedProgram(program, {
      verify: () => this.#verify(program, variant),
      signal: this.#signal,
    });
  }

  [Symbol.dispose](): void {
    this.#y.dispose();
    this.#buffers.dispose();
  }

  async #verify(program: Program, { kind }: AttentionVariant): Promise<string | undefined> {
    const { dtype } = this.#problem;
    // An output that is not written must not pass for the right one of the candidate before.
    this.#y.write(new Float32Array(this.#y.length).fill(Number.NaN));
    program.run();
    const output = await this.#y.data();
    const lost = this.#lostIn(output);
    if (lost !== undefined) return `element ${lost} of the output is ${output[lost]}`;
    const expected = attentionReference(this.#problem, this.#data, {
      weights: kind === "matrix" ? "f16" : "f32",
      rows: this.#rows,
    });
    const { ratio, index } = worstOutput(output, expected, dtype);
    if (ratio <= 1) return undefined;
    return `element ${index} of the output is wrong by ${ratio.toPrecision(3)} times what rounding allows`;
  }

  /** Where an output that counts is not finite, or undefined. */
  #lostIn(output: Float32Array): number | undefined {
    const { sequences, queries } = this.#problem;
    const { vector, feature } = attentionStrides(this.#problem).y;
    for (let n = 0; n < sequences * queries; n++) {
      for (let f = 0; f < this.#y.features; f++) {
        const place = n * vector + f * feature;
        if (!Number.isFinite(output[place])) return place;
      }
    }
    return undefined;
  }
}
