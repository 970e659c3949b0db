import {
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { scatterVectors } from "../operation.ts";

/** The operation as the last one of a graph. */
export const scatterVectorsCases: OperationCases = {
  "of a run's indices": {
    terms: 4,
    make: (graph) => scatterVectors(vectors(graph, 5, 3), graph.indices("ids", 5), { rows: 7 }),
    indices: { ids: [6, 0, 3, 3, 3] },
  },
  "fixed, in one vector": {
    terms: 4,
    make: (graph) => {
      const some = graph.fixed("some", Uint32Array.of(2, 2, 0, 2 ** 32 - 1));
      return scatterVectors(vectors(graph, 4, 3), some, { rows: 3, flat: true });
    },
  },
};

/** The operation on vectors of a model. */
export const scatterVectorsOnVectors: ValueOperations = [
  (x) => scatterVectors(x, x.graph.indices("ids", x.vectors), { rows: 5 }),
  (x) => {
    const fixed = x.graph.fixed(
      "some",
      Uint32Array.from({ length: x.vectors }, (_, n) => n % 3),
    );
    return scatterVectors(x, fixed, { rows: 20 });
  },
];
