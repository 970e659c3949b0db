import type { Value } from "../../../graph/value.ts";
import { parameter as drawn } from "../../../testing/draw.ts";
import {
  type OperationCase,
  type OperationCases,
  parameter,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";

/** The operation as the last one of a graph. */
export const rotaryCases: OperationCases = Object.fromEntries(
  (["interleaved", "halves"] as const).flatMap((style): [string, OperationCase][] => {
    const options = {
      headFeatures: 6,
      style,
      cosines: parameter(10, 3),
      sines: parameter(10, 3),
    };
    return [
      [
        `${style}, two sequences`,
        { terms: 3, make: (graph) => f.rotary(vectors(graph, 8, 12), { ...options, period: 4 }) },
      ],
      [
        `${style}, sequences from positions of their own`,
        {
          terms: 3,
          make: (graph) =>
            f.rotary(vectors(graph, 6, 12), {
              ...options,
              period: 2,
              position: graph.indices("position", 3),
            }),
          indices: { position: [7, 0, 9] },
        },
      ],
      [
        `${style}, from a position, past the end of the table`,
        {
          terms: 3,
          make: (graph) =>
            f.rotary(vectors(graph, 4, 12), {
              ...options,
              period: 4,
              position: graph.indices("position", 1),
            }),
          indices: { position: [8] },
        },
      ],
    ];
  }),
);

/** The operation on vectors of a model. */
export const rotaryOnVectors: ValueOperations = [
  ...(["interleaved", "halves"] as const).map((style) => (x: Value) => {
    const [cosines, sines] = [drawn([x.vectors + 2, 3], 1), drawn([x.vectors + 2, 3], 2)];
    const position = x.graph.indices("position", 1);
    position.requireBelow(3);
    return f.rotary(x, { headFeatures: 6, style, cosines, sines, period: x.vectors, position });
  }),
  (x) => {
    const [cosines, sines] = [drawn([9, 3], 1), drawn([9, 3], 2)];
    const position = x.graph.indices("position", x.vectors);
    return f.rotary(x, { headFeatures: 6, style: "halves", cosines, sines, period: 1, position });
  },
];
