import {
  FEATURES,
  type OperationCase,
  type OperationCases,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import { WINDOWS } from "../../shared/testing/windows.ts";
import { windowsOf } from "../../shared/window.ts";
import { fold } from "../operation.ts";

/** The operation as the last one of a graph. */
export const foldCases: OperationCases = Object.fromEntries(
  (["image", "pixels"] as const).flatMap((source) =>
    Object.entries(WINDOWS).map(([name, window]): [string, OperationCase] => [
      `${source} of ${name}`,
      {
        terms: 10,
        size: 4,
        make: (graph) => {
          const [high, wide] = windowsOf(window);
          const { images, channels, kernel } = window;
          const features = channels * kernel[0] * kernel[1];
          return fold(vectors(graph, images * high * wide, features), window, { source });
        },
      },
    ]),
  ),
);

/** The operation on vectors of a model. */
export const foldOnVectors: ValueOperations = [
  (x) =>
    fold(
      x,
      {
        ...{ images: 1, channels: FEATURES / 3, size: [1, x.vectors], kernel: [1, 3] },
        ...{ stride: [1, 1], padding: [0, 1], dilation: [1, 1] },
      },
      { source: "pixels" },
    ),
];
