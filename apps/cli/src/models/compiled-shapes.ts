import type { RunOutputs } from "@papilio/nn";
import { type CpuModel, CpuWeightStore, type DeviceModel, ModelMemory } from "@papilio/nn/backends";
import { type Compute, compileFor, type SharedWeights } from "./compute.ts";
import type { BoundModel } from "./model-inputs.ts";

/** Graphs that stay compiled: that of most runs, and of a last one with fewer rows. */
const KEPT = 2;

/** A model that is run on inputs of several shapes: a graph for each, which share the weights. */
export class CompiledShapes implements Disposable {
  readonly #compute: Compute;
  readonly #shared: SharedWeights;
  /** By shapes, the one that was used last at the end. */
  readonly #compiled = new Map<string, CpuModel | DeviceModel>();

  constructor(compute: Compute) {
    const { gpu, dtype } = compute;
    this.#compute = compute;
    this.#shared =
      gpu === undefined
        ? { cpu: new CpuWeightStore({ dtype }) }
        : { memory: new ModelMemory(gpu, dtype) };
  }

  /** @throws PapilioError `CPU_MEMORY`, `GPU_LOST` and others that compiling and running throw */
  async run({ graph, inputs }: BoundModel): Promise<RunOutputs> {
    const key = [...graph.inputs].map(([name]) => `${name} ${inputs[name]?.length}`).join();
    const model = this.#compiled.get(key) ?? (await compileFor(this.#compute, graph, this.#shared));
    this.#compiled.delete(key);
    this.#compiled.set(key, model);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > KEPT && oldest !== undefined) {
      this.#compiled.get(oldest)?.dispose();
      this.#compiled.delete(oldest);
    }
    return await model.run(inputs);
  }

  [Symbol.dispose](): void {
    for (const model of this.#compiled.values()) model.dispose();
    this.#compiled.clear();
    this.#shared.memory?.dispose();
  }
}
