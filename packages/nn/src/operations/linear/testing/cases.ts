import { Chain } from "@papilio/butterfly";
import { Parameter } from "../../../modules/parameter.ts";
import { parameter as drawn } from "../../../testing/draw.ts";
import {
  FEATURES,
  type OperationCase,
  type OperationCases,
  parameter,
  type ValueOperations,
  vectors,
} from "../../../testing/operation-case.ts";
import * as f from "../../index.ts";
import type { Matrix } from "../matrix.ts";
import { linearDefinition } from "../operation.ts";

function matrix(chain: string): Matrix {
  const parsed = Chain.parse(chain);
  // Scaled, so that sums of products of numbers up to 1 are up to 1.
  const factors = parsed.patterns.map(({ a, b, c, d }) => {
    const { shape, values } = parameter(a, b, c, d);
    return Parameter.of(
      shape,
      values.map((value) => value / c),
    );
  });
  return { chain: parsed, factors };
}

/** The operation as the last one of a graph. */
export const linearCases: OperationCases = {
  dense: {
    terms: 13,
    size: 13,
    make: (graph) => f.linear(vectors(graph, 5, 13), parameter(7, 13)),
  },
  "dense with a bias": {
    terms: 14,
    size: 14,
    make: (graph) => f.linear(vectors(graph, 5, 13), parameter(7, 13), { bias: parameter(7) }),
  },
  ...Object.fromEntries(
    [
      "4,6,8,1",
      "1,6,8,5",
      "3,4,5,2",
      "1,7,1,3",
      "2,1,5,1",
      "1,192,48,2;2,48,192,1",
      "1,16,8,4;2,8,4,2;8,2,4,1",
      "2,4,6,5;4,15,10,1",
    ].flatMap((chain) =>
      [1, 5].map((count): [string, OperationCase] => {
        const made = matrix(chain);
        return [
          `${chain} of ${count} vectors`,
          {
            terms: made.chain.patterns.reduce((sum, { c }) => sum + c, 1),
            make: (graph) =>
              f.linear(vectors(graph, count, made.chain.cols), made, {
                bias: parameter(made.chain.rows),
              }),
          },
        ];
      }),
    ),
  ),
  "with all that may follow": {
    terms: 12,
    size: 3,
    make: (graph) => {
      const x = vectors(graph, 3, 8);
      const [multiplier, addend] = [vectors(graph, 3, 6), vectors(graph, 3, 6)];
      return graph.add(
        linearDefinition,
        {
          path: "layer",
          x,
          matrix: matrix("2,3,4,1"),
          bias: parameter(6),
          activation: { kind: "silu" },
          multiplier,
          addend,
        },
        { vectors: 3, features: 6 },
      );
    },
  },
};

/** The operation on vectors of a model. */
export const linearOnVectors: ValueOperations = [
  (x) => f.linear(x, drawn([20, FEATURES], 5), { bias: drawn([20], 6) }),
  (x) => {
    const chain = Chain.parse("1,5,4,4; 4,4,3,1");
    const factors = [drawn([1, 5, 4, 4], 7), drawn([4, 4, 3, 1], 8)];
    return f.linear(x, { chain, factors }, { bias: drawn([20], 9) });
  },
  // Factors that are not chainable.
  (x) => {
    const chain = Chain.parse("1,5,4,4; 4,4,4,1; 1,4,3,4");
    const factors = chain.patterns.map(({ a, b, c, d }, index) => drawn([a, b, c, d], 7 + index));
    return f.linear(x, { chain, factors }, { bias: drawn([20], 9) });
  },
  // With everything that can become a part of it.
  (x) => {
    const gate = f.activate(f.linear(x, drawn([FEATURES, FEATURES], 5)), { kind: "silu" });
    return f.add(x, f.multiply(gate, f.linear(x, drawn([FEATURES, FEATURES], 6))));
  },
];
