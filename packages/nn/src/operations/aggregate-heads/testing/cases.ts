import { sparse } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { gatherVectors } from "../../gather-vectors/operation.ts";
import { aggregateHeads } from "../operation.ts";

/** The operation as the last one of a graph. */
export const aggregateHeadsCases: OperationCases = {
  "two heads": {
    terms: 8,
    size: 3,
    make: (graph) => {
      const matrix = sparse([9, 7], 6, 5, false);
      const numbers = Uint32Array.from(matrix.columns, (_, edge) => matrix.nonZeros - 1 - edge);
      const weights = vectors(graph, matrix.nonZeros, 3);
      return aggregateHeads(vectors(graph, 7, 6), weights, { matrix, numbers, heads: 2 });
    },
  },
};

/** The operation on vectors of a model. */
export const aggregateHeadsOnVectors: ValueOperations = [
  (x) => {
    const matrix = sparse([x.vectors, x.vectors], 5, 9, false);
    const numbers = Uint32Array.from(matrix.columns.keys()).reverse();
    const some = Uint32Array.from(
      { length: Math.max(1, matrix.nonZeros) },
      (_, n) => (n % 3) % x.vectors,
    );
    const weights = gatherVectors(x, x.graph.fixed("some", some));
    return aggregateHeads(x, weights, { matrix, numbers, heads: FEATURES / 4 });
  },
];
