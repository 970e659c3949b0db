import {
  type AttentionProblem,
  addPositionsKernel,
  appendVectorsKernel,
  attentionKernel,
  chooseAttention,
  gatherFeaturesKernel,
  gatherVectorsKernel,
  normalizationKernel,
  type Operand,
  reduceVectorsKernel,
  rotaryKernel,
  softmaxKernel,
  type Vectors,
} from "@papilio/gpu-runtime";
import type {
  AddPositionsOperation,
  AppendOperation,
  AttentionOperation,
  GatherFeaturesOperation,
  GatherVectorsOperation,
  NormalizeOperation,
  ReduceVectorsOperation,
  RotaryOperation,
  SoftmaxOperation,
} from "../../graph/operation.ts";
import type { Indices } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { Lowering } from "./lowering.ts";

/** Memory of what is there. */
function bound(to: Lowering, ...parts: readonly (Parameter | Indices | undefined)[]): Operand[] {
  return parts
    .filter((part) => part !== undefined)
    .map((part) => ("graph" in part ? to.indices(part) : to.memory.parameter(part)));
}

function batchesOf(x: Vectors, y: Vectors): { readonly from: number; readonly to: number } {
  return { from: x.batch, to: y.batch };
}

export function normalize(operation: NormalizeOperation, to: Lowering): void {
  const { x, norm, epsilon, weight, bias, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = normalizationKernel(to.gpu.report, {
    kind: norm,
    batch,
    features,
    from: input.layout,
    to: y.layout,
    dtype,
    epsilon,
    weight: weight !== undefined,
    bias: bias !== undefined,
  });
  to.push(kernel, [input.memory, y.memory, ...bound(to, weight, bias)]);
}

export function softmax({ x, log, output }: SoftmaxOperation, to: Lowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const problem = { batch, features, from: input.layout, to: y.layout, dtype, log };
  to.push(softmaxKernel(to.gpu.report, problem), [input.memory, y.memory]);
}

export function gatherVectors(operation: GatherVectorsOperation, to: Lowering): void {
  const { source, indices, output } = operation;
  const vectors = "graph" in source ? to.of(source) : undefined;
  const table = "graph" in source ? undefined : source;
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = gatherVectorsKernel({
    count: indices.length,
    rows: vectors?.batch ?? (table?.shape[0] as number),
    batch,
    features,
    from: vectors?.layout ?? "batch-first",
    to: y.layout,
    dtype,
  });
  const read = vectors?.memory ?? to.memory.parameter(table as Parameter);
  to.push(kernel, [read, to.indices(indices), y.memory], "rewrite");
}

export function gatherFeatures({ x, map, output }: GatherFeaturesOperation, to: Lowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = gatherFeaturesKernel({
    batch: y.batch,
    rows: map.length,
    cols: x.features,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
  });
  const indices = to.buffers.uploadIndices(map.slice(), "map of features");
  to.push(kernel, [input.memory, indices, y.memory], "rewrite");
}

export function addPositions(operation: AddPositionsOperation, to: Lowering): void {
  const { x, table, period, prepended, position, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = addPositionsKernel({
    count: x.vectors,
    features: x.features,
    period,
    prepend: prepended !== undefined,
    tableRows: table.length / x.features,
    position: position !== undefined,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: batchesOf(input, y),
  });
  to.push(kernel, [
    input.memory,
    to.memory.parameter(table),
    y.memory,
    ...bound(to, prepended, position),
  ]);
}

export function rotary(operation: RotaryOperation, to: Lowering): void {
  const { x, headFeatures, style, cosines, sines, period, position, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = rotaryKernel({
    batch: y.batch,
    features: x.features,
    headFeatures,
    style,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    period,
    tableRows: cosines.shape[0] as number,
    position: position !== undefined,
  });
  // Angles are kept in float32: half precision would put far positions elsewhere.
  const tables = [cosines, sines].map((table) => to.memory.parameter(table, "f32"));
  to.push(kernel, [input.memory, y.memory, ...tables, ...bound(to, position)]);
}

export function append({ x, state, position, output }: AppendOperation, to: Lowering): void {
  const input = to.of(x);
  const kept = to.of(state);
  const kernel = appendVectorsKernel({
    batch: input.batch,
    features: x.features,
    from: input.layout,
    to: kept.layout,
    dtype: kept.dtype,
    vectors: kept.batch,
  });
  to.push(kernel, [input.memory, kept.memory, to.indices(position)], "rewrite");
  to.alias(output, kept);
}

export function attention(operation: AttentionOperation, to: Lowering): void {
  const { sequences, heads, keyValueHeads, scale, causal, position, lengths, output } = operation;
  const q = to.of(operation.queries);
  const k = to.of(operation.keys);
  const v = to.of(operation.values);
  const y = to.define(output, { layout: "any" });
  const problem: AttentionProblem = {
    sequences,
    queries: operation.queries.vectors / sequences,
    keys: operation.keys.vectors / sequences,
    heads,
    keyValueHeads,
    headFeatures: operation.queries.features / heads,
    scale,
    causal,
    dtype: y.dtype,
    q,
    k,
    v,
    y,
    position: position !== undefined,
    lengths: lengths !== undefined,
  };
  const kernel = attentionKernel(problem, chooseAttention(to.gpu.report, problem));
  to.push(kernel, [q.memory, k.memory, v.memory, y.memory, ...bound(to, position, lengths)]);
}

export function reduceVectors(operation: ReduceVectorsOperation, to: Lowering): void {
  const { x, reduce, period, lengths, output } = operation;
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const kernel = reduceVectorsKernel({
    kind: reduce,
    groups: output.vectors,
    period,
    features: x.features,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: batchesOf(input, y),
    lengths: lengths !== undefined,
  });
  to.push(kernel, [input.memory, y.memory, ...bound(to, lengths)]);
}
