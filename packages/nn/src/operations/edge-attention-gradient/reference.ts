import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { dropoutOfEdges } from "../shared/edge-dropout.ts";
import { largestOf, sumOf } from "../shared/sums.ts";
import type { EdgeAttentionGradientOperation } from "./operation.ts";

/** The softmax of a row's scores is differentiated as that of a vector. */
export function evaluateEdgeAttentionGradient(
  operation: EdgeAttentionGradientOperation,
  context: ReferenceContext,
): FloatArray {
  const { x, sources, targets, dy, adjacency, heads, negativeSlope, output } = operation;
  const dropped = dropoutOfEdges(operation, context);
  const [inputs, gradients] = [context.of(x), context.of(dy)];
  const [from, to] = [context.of(sources), context.of(targets)];
  const edges = context.zeros(output);
  const headFeatures = x.features / heads;
  for (let row = 0; row < adjacency.rows; row++) {
    const start = adjacency.starts[row] as number;
    const neighbours = adjacency.columns.subarray(start, adjacency.starts[row + 1]);
    for (let head = 0; head < heads; head++) {
      const sums = Float64Array.from(neighbours, (node) => {
        return (from[node * heads + head] as number) + (to[row * heads + head] as number);
      });
      const scores = sums.map((sum) => (sum > 0 ? sum : negativeSlope * sum));
      const most = largestOf(scores);
      const exponentials = scores.map((score) => Math.exp(score - most));
      const total = sumOf(exponentials, (exponential) => exponential);
      const ofWeights = Float64Array.from(neighbours, (node, index) => {
        let product = 0;
        for (let feature = head * headFeatures; feature < (head + 1) * headFeatures; feature++) {
          const gradient = gradients[row * x.features + feature] as number;
          product += gradient * (inputs[node * x.features + feature] as number);
        }
        return dropped(product, start + index, head);
      });
      let mean = 0;
      ofWeights.forEach((gradient, index) => {
        mean += (gradient * (exponentials[index] as number)) / total;
      });
      ofWeights.forEach((gradient, index) => {
        const weight = (exponentials[index] as number) / total;
        const slope = (sums[index] as number) > 0 ? 1 : negativeSlope;
        const at = (start + index) * 2 * heads + head;
        edges[at] = dropped(weight, start + index, head);
        edges[at + heads] = weight * (gradient - mean) * slope;
      });
    }
  }
  return edges;
}
