import { aggregateKernel, edgeAttentionKernel } from "@papilio/gpu-runtime";
import type { AggregateOperation, EdgeAttentionOperation } from "../../graph/operation.ts";
import type { Lowering } from "./lowering.ts";

export function aggregate({ x, graph, reduce, output }: AggregateOperation, to: Lowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { values } = graph;
  const kernel = aggregateKernel({
    nodes: graph.rows,
    sources: graph.cols,
    features: x.features,
    reduce,
    weighted: values !== undefined,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: { from: input.batch, to: y.batch },
  });
  to.push(kernel, [
    input.memory,
    y.memory,
    ...to.edges(graph),
    ...(values === undefined
      ? []
      : [to.once(values, () => to.buffers.upload(values, "f32", "edge weights"))]),
  ]);
}

export function edgeAttention(operation: EdgeAttentionOperation, to: Lowering): void {
  const { x, graph, heads, negativeSlope, output } = operation;
  const input = to.of(x);
  const [sources, targets] = [to.inLayout(operation.sources), to.inLayout(operation.targets)];
  const y = to.define(output, { layout: "any" });
  const kernel = edgeAttentionKernel({
    nodes: graph.rows,
    sources: graph.cols,
    heads,
    headFeatures: x.features / heads,
    negativeSlope,
    from: input.layout,
    to: y.layout,
    dtype: y.dtype,
    batches: {
      from: input.batch,
      to: y.batch,
      sourceScores: sources.batch,
      targetScores: targets.batch,
    },
    scoreLayout: sources.layout,
  });
  to.push(kernel, [input.memory, y.memory, sources.memory, targets.memory, ...to.edges(graph)]);
}
