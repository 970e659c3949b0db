import { attempt, callableExports, makeAll, mistakes, sweep } from "@papilio/public-arguments";
import { describe, expect, it } from "vitest";
import { butterfly } from "./testing/every-entry.ts";
import { calls, objects } from "./testing/public-calls.ts";

/** What is not in the table, beside the checks of arguments themselves. */
const EXEMPT: Readonly<Record<string, string>> = {
  Chain: "its constructor is private",
  DisposableStack: "as the standard says",
  PapilioError: "whatever an error is made with is not a reason for another one",
  arrayTag: "takes anything",
  availableThreads: "takes nothing",
  describeValue: "takes anything",
  fewBitsOf: "takes anything",
  matrixDisposed: "makes an error",
  openThread: "opens a thread",
  planInvalid: "makes an error",
  wrongArgument: "makes an error",
};

/** Values of another kind than those of the table that are as good. */
const taken = [
  // Arrays of either precision, beside complex numbers or another array.
  /^(circulant|convolution|hankel|requireDisjoint|toeplitz): \[[01]\] = a typed array$/,
  /^(encodeHalf|requireStorable): \[0\] = (\[\]|a typed array)$/,
  /^(SampledProduct#verify|errorBound|verify): \[[123]\]\[terms\] = a number$/,
  // Nothing else is a name of a type.
  /^isRealDtype: /,
  // What the file said, which is not read again.
  /^matrixMarketValues: \[0\]\[(field|format)\]/,
  /^(toComplex|toReal): \[0\]\[shape\]/,
  // A file in no pieces is empty.
  /^(ByteReader|joinBytes): \[0\] = \[\]/,
];

describe("public functions", () => {
  it("are all in the table", () => {
    const missing = callableExports(butterfly).filter(
      (name) => !(name in calls) && !(name in EXEMPT) && !/^require[A-Z]/.test(name),
    );
    expect(missing).toEqual([]);
  });

  it("take the arguments of the table", () => makeAll(calls));

  it("refuse others with a code", async () => {
    expect(mistakes(await sweep(calls), taken)).toEqual([]);
  });

  it("refuse matrices, factors, chains and patterns of another kind", async () => {
    const accepted: string[] = [];
    for (const [name, make] of Object.entries(calls)) {
      const values = make().arguments;
      for (const [place, value] of values.entries()) {
        if (!Object.values<unknown>(objects).includes(value)) continue;
        for (const [kind, other] of Object.entries(objects)) {
          if (other === value || other.constructor === (value as object).constructor) continue;
          const { run } = make();
          const code = await attempt({ run, arguments: values.with(place, other) }).then(
            () => "accepted",
            (error: unknown) => (error as { code?: string }).code ?? String(error),
          );
          if (code !== "OPTION_INVALID") accepted.push(`${name}: [${place}] = ${kind}: ${code}`);
        }
      }
    }
    expect(accepted).toEqual([
      // Of several kinds; for an error it is the dense matrix that tells which.
      "PermutedButterfly: [0] = complex: accepted",
      "compile: [0] = factor: accepted",
      "compile: [0] = complexFactor: accepted",
      "compile: [0] = complex: accepted",
      "compile: [0] = exact: accepted",
      "compile: [0] = product: accepted",
      "compile: [0] = real: accepted",
      "reference#compileMatrix: [0] = factor: accepted",
      "reference#compileMatrix: [0] = matrix: accepted",
      "reference#compileMatrix: [0] = complexFactor: accepted",
      "reference#compileMatrix: [0] = complex: accepted",
      "referenceProduct: [0] = matrix: accepted",
      "referenceProduct: [0] = complexFactor: ARRAY_TYPE",
      "referenceProduct: [0] = complex: ARRAY_TYPE",
      "referenceProduct: [0] = exact: ARRAY_TYPE",
      "referenceProduct: [0] = product: ARRAY_TYPE",
      "referenceProduct: [0] = real: accepted",
      "withPermutations: [0] = factor: accepted",
      "withPermutations: [0] = matrix: accepted",
      "withPermutations: [0] = complexFactor: accepted",
      "withPermutations: [0] = complex: accepted",
      "balanceFactors: [0] = complex: accepted",
      "storableButterfly: [0] = complex: accepted",
      "relativeError: [1] = factor: accepted",
      "relativeError: [1] = complexFactor: COMPLEX_PARTS",
      "relativeError: [1] = complex: COMPLEX_PARTS",
      "relativeError: [1] = exact: COMPLEX_PARTS",
    ]);
  });
});
