import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  callableExports,
  makeAll,
  mistakes,
  type PublicCalls,
  sweep,
} from "@papilio/public-arguments";
import { afterAll, describe, expect, it } from "vitest";
import * as node from "./node/index.ts";
import * as nn from "./testing/every-entry.ts";
import { adapterCalls, nodeAdapterCalls } from "./testing/public-calls/adapters.ts";
import { deviceCalls } from "./testing/public-calls/device.ts";
import { graphCalls } from "./testing/public-calls/graph.ts";
import { layerCalls } from "./testing/public-calls/layers.ts";
import { modelCalls } from "./testing/public-calls/models.ts";
import { runningCalls } from "./testing/public-calls/running.ts";
import { textCalls } from "./testing/public-calls/text.ts";
import { trainingCalls } from "./testing/public-calls/training.ts";
import { nodeCalls, weightCalls } from "./testing/public-calls/weights.ts";

const folder = mkdtempSync(join(tmpdir(), "papilio-arguments-"));
afterAll(() => rmSync(folder, { recursive: true }));

const groups: readonly [string, PublicCalls][] = [
  ["graphs", graphCalls],
  ["training", trainingCalls],
  ["layers", layerCalls],
  ["models", modelCalls],
  ["adapters", adapterCalls],
  ["what runs", runningCalls],
  ["texts", textCalls],
  ["weights", weightCalls],
  ["weights in Node", { ...nodeCalls(node, folder), ...nodeAdapterCalls(node) }],
];

/** Values of another kind than those of the table that are as good. */
const taken = [
  // A size for both axes.
  /\[(kernelSize|stride|padding|dilation|imageSize|patchSize)\] = (a number|infinity|-1|1.5)$/,
  // What is null in a file of a model is absent.
  /^(modelFromHuggingFace|outlineFromHuggingFace|perceptron): \[0\]\[\w+\] = null$/,
  /^sentenceFilesOf: \[0\]\[0\]\[(type|path)\] = null$/,
  /^(readAdapter|withAdapterHead): \[1\]\[config\]\[(r|lora_alpha)\] = null$/,
  // A pattern of names.
  /^withAdapterHead: \[1\]\[config\]\[target_modules\] = a text$/,
  // An object without fields: a model_type that is not built, a module that is not named.
  /^(outlineFromHuggingFace: \[0\]|sentenceFilesOf: \[0\]\[0\]) = a typed array$/,
  /^huggingFaceTokenizer: \[0\](\[model\])?\[(type|unk_token|pre_tokenizer)\] = null$/,
  // A special token in a file is of any type; one that is not text is ignored.
  /^huggingFaceTokenizer: \[1\]\[bos_token\]/,
  // What a tokenizer has besides what is asked of it.
  /^requireTokenizerFits: \[0\]\[(beginOfSequence|endOfSequence|encode|decode|decodeStream)\]/,
  /^encodeSentences: \[0\]\[(vocabularySize|paddedVocabulary|\w+OfSequence|decode|decodeStream)\]/,
  // Attributes are numbers, lists of them, and texts.
  /\[attributes\]\[\w+\] = (a number|-1|a text|\[\])$/,
  // A choice of layers and of chains.
  /^(butterflyize: \[1\]\[(layers|chain)\]|rotateLayers: \[1\]\[layers\]) = a function$/,
  // A learning rate of each step.
  /^Trainer: \[3\]\[rate\] = a function$/,
];

/** What is private or protected, and is called by this package alone. */
const inner =
  /^(DeviceModel|TextGenerator|BatchGenerator|Module#part|CpuStates#(hold|bringToMemory|release)|Parameter#bring|\w+#(embed|head|edges|between))$/;

describe.each(groups)("public functions of %s", (_, calls) => {
  it("take the arguments of the table", () => makeAll(calls));

  it("refuse others with a code", async () => {
    expect(mistakes(await sweep(calls), taken)).toEqual([]);
  });
});

it("every function that is exported is called", () => {
  const called = new Set([...groups.map(([, calls]) => calls), deviceCalls()].flatMap(Object.keys));
  const missing = [...callableExports(nn), ...callableExports(node)].filter(
    (name) => !called.has(name) && !inner.test(name),
  );
  expect(missing).toEqual([]);
});
