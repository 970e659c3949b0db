import type { FloatArray } from "@papilio/butterfly";
import { CpuModel } from "../../../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../../../graph/executable.ts";
import type { Graph } from "../../../graph/graph.ts";
import type { Module } from "../../../modules/module.ts";
import { inputsFor } from "../../../testing/draw.ts";
import { loadStateDict } from "../../../weights/load-state-dict.ts";
import { saveStateDict, type TensorToSave } from "../../../weights/save-state-dict.ts";
import type { LoadedStateDict } from "../../../weights/stored-tensor.ts";

interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Tensors of a checkpoint, by name. */
export type Tensors = Map<string, Tensor>;

/** What a model's parameters are called in a checkpoint. */
export function tensorsOf(model: Module, rename: (name: string) => string): Tensors {
  return new Map(
    [...model.namedParameters()].map(([name, { shape, values }]) => [
      rename(name),
      { shape, values },
    ]),
  );
}

/** As from a file. */
export function stored(tensors: ReadonlyMap<string, TensorToSave>): Promise<LoadedStateDict> {
  return loadStateDict(saveStateDict(tensors));
}

/** `[out, in]` as `[in, out]`. */
export function transposed({ shape, values }: Tensor): Tensor {
  const [rows = 0, cols = 0] = shape;
  const moved = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      moved[col * rows + row] = values[row * cols + col] as number;
    }
  }
  return { shape: [cols, rows], values: moved };
}

/** Puts queries, keys and values of a layer together, the rows of one after those of the other. */
export function joinProjections(tensors: Tensors, prefix: string, joined: string): void {
  for (const kind of ["weight", "bias"]) {
    const parts = ["q_proj", "k_proj", "v_proj"].map((part) => {
      const name = `${prefix}${part}.${kind}`;
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`no ${name}`);
      tensors.delete(name);
      return tensor;
    });
    const [rows = 0, ...rest] = parts[0]?.shape ?? [];
    const values = Float32Array.from(parts.flatMap((part) => [...part.values]));
    tensors.set(`${prefix}${joined}.${kind}`, { shape: [3 * rows, ...rest], values });
  }
}

/** Numbers of another model in the place of zeros and ones, so that none is like another. */
export function scrambled<M extends Module>(model: M): M {
  let seed = 0;
  for (const parameter of model.namedParameters().values()) {
    seed++;
    parameter.values = Float32Array.from(
      { length: parameter.length },
      (_, index) => Math.sin(seed + 1.7 * index) / 2,
    );
  }
  return model;
}

/** What the CPU computes. */
export function outputs(
  graph: Graph,
  inputs: RunInputs = inputsFor(graph),
): Readonly<Record<string, FloatArray>> {
  return new CpuModel(graph).runNow(inputs);
}

export function zeros(shape: readonly number[]): Tensor {
  return { shape, values: new Float32Array(shape.reduce((all, size) => all * size, 1)) };
}
