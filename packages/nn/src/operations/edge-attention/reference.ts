import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { dropoutOfEdges } from "../shared/edge-dropout.ts";
import { largestOf } from "../shared/sums.ts";
import type { EdgeAttentionOperation } from "./operation.ts";

export function evaluateEdgeAttention(
  operation: EdgeAttentionOperation,
  context: ReferenceContext,
): FloatArray {
  const { x, sources, targets, adjacency, heads, negativeSlope, output } = operation;
  const dropped = dropoutOfEdges(operation, context);
  const [inputs, from, to] = [context.of(x), context.of(sources), context.of(targets)];
  const y = context.zeros(output);
  const headFeatures = x.features / heads;
  for (let row = 0; row < adjacency.rows; row++) {
    const start = adjacency.starts[row] as number;
    const neighbours = adjacency.columns.subarray(start, adjacency.starts[row + 1]);
    for (let head = 0; head < heads; head++) {
      const scores = Float64Array.from(neighbours, (node) => {
        const sum = (from[node * heads + head] as number) + (to[row * heads + head] as number);
        return sum > 0 ? sum : negativeSlope * sum;
      });
      const most = largestOf(scores);
      const weights = scores.map((score) => Math.exp(score - most));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const left = weights.map((weight, index) => dropped(weight, start + index, head));
      for (let feature = head * headFeatures; feature < (head + 1) * headFeatures; feature++) {
        let sum = 0;
        neighbours.forEach((node, index) => {
          sum += (left[index] as number) * (inputs[node * x.features + feature] as number);
        });
        y[row * x.features + feature] = neighbours.length === 0 ? 0 : sum / total;
      }
    }
  }
  return y;
}
