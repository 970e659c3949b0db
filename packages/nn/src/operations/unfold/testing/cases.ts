import {
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";
import { imageOf, WINDOWS } from "../../shared/testing/windows.ts";

/** The operation as the last one of a graph. */
export const unfoldCases: OperationCases = Object.fromEntries(
  Object.entries(WINDOWS).flatMap(([name, window]): [string, OperationCase][] => {
    const { images, channels, size } = window;
    const pixels = size[0] * size[1];
    return [
      [
        `${name} of images`,
        {
          terms: 0,
          make: (graph) =>
            f.unfold(vectors(graph, images, channels * pixels), window, { source: "image" }),
        },
      ],
      [
        `${name} of pixels`,
        {
          terms: 0,
          make: (graph) =>
            f.unfold(vectors(graph, images * pixels, channels), window, { source: "pixels" }),
        },
      ],
    ];
  }),
);

/** The operation on vectors of a model. */
export const unfoldOnVectors: ValueOperations = [
  (x) => f.unfold(x, imageOf(x), { source: "pixels" }),
];
