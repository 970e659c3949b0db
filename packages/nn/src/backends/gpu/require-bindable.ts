import { type Layout, PapilioError, Pattern, type StorageDtype } from "@papilio/butterfly";
import { FEW_BITS, type FewBits, FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu } from "@papilio/gpu-runtime";
import { fewBitsBytes, requirePortions } from "@papilio/gpu-runtime/kernels";
import {
  gpuCheck,
  layout as layoutCheck,
  objectOf,
  oneOf,
  optional,
  storageDtype,
} from "../../arguments/checks.ts";
import type { Graph } from "../../graph/graph.ts";
import { graphCheck } from "../../graph/operand-checks.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { LinearOperation } from "../../operations/linear/operation.ts";
import {
  nonZerosOf,
  type Operation,
  operandsOf,
  parametersOf,
} from "../../operations/operation.ts";
import { fuseEpilogues } from "../fuse-epilogues.ts";
import { allocatedVectors } from "./allocated-vectors.ts";

/** How a graph's numbers are stored on a device. */
export interface GraphStorage {
  readonly dtype?: StorageDtype;
  readonly layout?: Layout;
  /** In what few bits weights of linear layers are stored; as the others unless given. */
  readonly weightDtype?: FewBits | undefined;
}

const storageCheck = objectOf({
  ...{ dtype: optional(storageDtype), layout: optional(layoutCheck) },
  weightDtype: optional(oneOf(...FEW_BITS)),
});

/**
 * Refuses a graph of which a device cannot bind the activations or the weights, before anything is
 * allocated, packed or compiled: from shapes alone, so that weights need not be read for it.
 *
 * @throws PapilioError `BUFFER_TOO_LARGE`
 */
export function requireBindable(gpu: Gpu, graph: Graph, storage: GraphStorage = {}): void {
  gpuCheck("The device", gpu);
  graphCheck("The graph", graph);
  storageCheck("how numbers are stored", storage);
  const { dtype = "f32", layout = "batch-last", weightDtype } = storage;
  const { maxBufferSize, maxStorageBufferBindingSize } = gpu.report.limits;
  const bound = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const { bytes } = FLOAT_FORMATS[dtype];
  const require = (operation: Operation, what: string, needed: number, most: number): void => {
    if (needed <= most) return;
    const { kind, path } = operation;
    throw new PapilioError(
      "BUFFER_TOO_LARGE",
      `${path === "" ? "" : `${path}, `}${kind}: ${what} in ${dtype} needs ${needed} bytes, and ${gpu.report.name} has at most ${most} for it.`,
      `Use fewer images, tokens or vectors at a time${dtype === "f32" ? ", f16" : ""}, an adapter that binds more, or the CPU.`,
    );
  };
  const operations = fuseEpilogues(graph);
  const inFewBits = weightDtype && bytesInFewBits(operations, weightDtype);
  for (const operation of operations) {
    const divides = operation.kind === "linear";
    for (const { vectors, features } of [...operandsOf(operation), operation.output]) {
      const needed = allocatedVectors(vectors) * features * bytes;
      const what = `an activation of ${vectors} x ${features}`;
      // Multiplications divide what is too large to bind.
      require(operation, what, needed, divides ? maxBufferSize : bound);
    }
    for (const parameter of parametersOf(operation)) {
      const what = `a parameter of [${parameter.shape.join(", ")}]`;
      require(operation, what, inFewBits?.get(parameter) ?? parameter.length * bytes, bound);
    }
    if (operation.kind === "linear") requireDivided(gpu, operation, { dtype, layout, weightDtype });
    const nonZeros = nonZerosOf(operation);
    require(operation, `a matrix of ${nonZeros} non-zeros`, 4 * nonZeros, bound);
  }
}

/** Bytes of the factors of linear layers. */
function bytesInFewBits(
  operations: readonly Operation[],
  weightDtype: FewBits,
): ReadonlyMap<Parameter, number> {
  const found = new Map<Parameter, number>();
  for (const operation of operations) {
    if (operation.kind !== "linear" || operation.matrix.fewBits === false) continue;
    const { chain, factors } = operation.matrix;
    for (const [at, factor] of factors.entries()) {
      const { a, b, c, d } = chain.patterns[at] as Pattern;
      // Equal blocks are stored once.
      const [storedA = a, , , storedD = d] = factor.shape.length === 4 ? factor.shape : [];
      found.set(factor, fewBitsBytes(new Pattern(storedA, b, c, storedD), weightDtype));
    }
  }
  return found;
}

/** A product of several factors is divided as its plan says, which needs their values. */
function requireDivided(
  gpu: Gpu,
  { x, matrix }: LinearOperation,
  { dtype, layout, weightDtype }: GraphStorage & Required<Pick<GraphStorage, "dtype" | "layout">>,
): void {
  const [pattern, ...others] = matrix.chain.patterns;
  if (pattern === undefined || others.length > 0) return;
  const few = matrix.fewBits === false ? undefined : weightDtype;
  requirePortions(gpu, pattern, { batch: allocatedVectors(x.vectors), layout, dtype }, few);
}
