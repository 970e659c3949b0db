import { attempt, mistakes, type PublicCalls, sweep } from "@papilio/testing/public-arguments";
import { describe, expect, it } from "vitest";
import { graphCalls } from "./testing/public-calls/graph.ts";
import { layerCalls } from "./testing/public-calls/layers.ts";
import { modelCalls } from "./testing/public-calls/models.ts";

const groups: readonly [string, () => PublicCalls][] = [
  ["graphs", () => graphCalls],
  ["layers", () => layerCalls],
  ["models", () => modelCalls],
];

/** Values of another kind than those of the table that are as good. */
const taken = [
  // A size for both axes.
  /\[(kernelSize|stride|padding|dilation|imageSize|patchSize)\] = (a number|infinity|-1|1.5)$/,
  // What is null in a file of a model is absent.
  /^(modelFromHuggingFace|outlineFromHuggingFace): \[0\]\[\w+\] = null$/,
  /^sentenceFilesOf: \[0\]\[0\]\[(type|path)\] = null$/,
  // An object without fields: a model_type that is not built, a module that is not named.
  /^(outlineFromHuggingFace: \[0\]|sentenceFilesOf: \[0\]\[0\]) = a typed array$/,
];

describe.each(groups)("public functions of %s", (_, calls) => {
  it("take the arguments of the table", async () => {
    for (const [name, make] of Object.entries(calls())) {
      await attempt(make()).catch((cause: unknown) => {
        throw new Error(`${name}: ${cause}`, { cause });
      });
    }
  });

  it("refuse others with a code", async () => {
    expect(mistakes(await sweep(calls()), taken)).toEqual([]);
  });
});
