import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import type { Graph } from "../../graph/graph.ts";
import type { MeasuredKernels } from "../../operations/device-lowering.ts";
import { flopsOf, type Operation, operationsOf } from "../../operations/operation.ts";
import { fuseEpilogues } from "../fuse-epilogues.ts";
import { KEPT_BYTES, type KeptFactors, keepFactors } from "../keep-factors.ts";
import type { PlannedOperation, PlannedValue } from "../plan.ts";
import type { GraphCompileOptions } from "./compile-options.ts";
import { lowerOperation } from "./lower-operation.ts";
import { Lowering } from "./lowering.ts";
import { ModelMemory } from "./model-memory.ts";
import { requireBindable } from "./require-bindable.ts";

/** A graph on a device: where everything is, and its dispatches, which are not recorded yet. */
export interface LoweredGraph extends Disposable {
  readonly lowering: Lowering;
  /** What each operation became. */
  readonly operations: readonly PlannedOperation[];
  readonly factors: KeptFactors;
}

/**
 * Chooses kernels, packs and uploads weights.
 *
 * @throws PapilioError what `DeviceModel.compile` throws, and then holds nothing
 */
export function lowerGraph(
  gpu: Gpu,
  graph: Graph,
  options: GraphCompileOptions,
  measured: MeasuredKernels | undefined,
): LoweredGraph {
  const { dtype, layout = "batch-last", memory, keptBytes = KEPT_BYTES } = options;
  const ownMemory = memory === undefined ? new ModelMemory(gpu, dtype) : undefined;
  const stored = memory ?? (ownMemory as ModelMemory);
  const { dtype: own, weightDtype } = stored;
  let lowering: Lowering | undefined;
  const dispose = (): void => {
    lowering?.dispose();
    ownMemory?.dispose();
  };
  try {
    requireBindable(gpu, graph, { dtype: own, weightDtype, layout });
    lowering = Lowering.of(graph, stored, layout, measured);
    const { bytes } = FLOAT_FORMATS[lowering.dtype];
    const factors = keepFactors(operationsOf(graph), keptBytes, bytes);
    const operations = lower(graph, factors.operations, lowering);
    return { lowering, operations, factors, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function lower(
  graph: Graph,
  operations: readonly Operation[],
  lowering: Lowering,
): PlannedOperation[] {
  const planned: PlannedOperation[] = [];
  const plan = ({ kind, path, output }: PlannedValue, flops: number, from: number): void => {
    const own = lowering.steps.slice(from);
    planned.push({
      kind,
      path,
      vectors: output.vectors,
      features: output.features,
      layout: lowering.of(output).layout,
      dispatches: own.length,
      kernels: own.map(({ kernel }) => kernel.label),
      rewrites: own.filter(({ role }) => role === "rewrite").length,
      traffic: own.flatMap(({ buffers }) => buffers).reduce((sum, { size }) => sum + size, 0),
      flops,
    });
  };
  for (const operation of fuseEpilogues(graph, operations)) {
    const from = lowering.steps.length;
    lowerOperation(operation, lowering);
    plan(operation, flopsOf(operation), from);
  }
  for (const [name, value] of graph.outputs) {
    const from = lowering.steps.length;
    lowering.finish(name, value);
    if (lowering.steps.length > from) plan({ kind: "output", path: name, output: value }, 0, from);
  }
  return planned;
}
