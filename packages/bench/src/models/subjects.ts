import { PapilioError } from "@papilio/butterfly";
import { describeValue, didYouMean, requireText } from "@papilio/butterfly/errors";
import {
  type LinearChoices,
  Llama,
  type LlamaConfig,
  VIT_S16_BUTTERFLY,
  vitS16,
  vitTiny16,
} from "@papilio/nn";
import type { Graph } from "@papilio/nn/graph";
import { type Module, products } from "@papilio/nn/layers";
import type { LinearKind } from "../results/model-results.ts";
import { Gpt2Block } from "./gpt2-block.ts";

/** A model with numbers, to be traced for so many images or tokens. */
export interface BuiltModel {
  readonly model: Module;
  trace(units: number): Graph;
}

/** A model that is timed as a whole, with dense and with butterfly layers. */
export interface ModelSubject {
  readonly name: string;
  readonly description: string;
  /** Of what a run takes several. An image's outputs depend on it alone, a token's on it and those before. */
  readonly unit: "images" | "tokens";
  /** How many a run takes unless asked otherwise, and at most. */
  readonly units: number;
  readonly most: number;
  /** How many are compared with the CPU unless asked otherwise: a few seconds' work. */
  readonly verified: number;
  build(linear: LinearKind, seed: number): BuiltModel;
}

/**
 * A block of GPT-2 medium, with about the shares of weights that arXiv 2405.15013 leaves in ViT-S/16: a
 * quarter in projections and in the second layer of the feed-forward part, half in its first.
 */
const GPT2_MEDIUM_BUTTERFLY: LinearChoices = {
  projection: products(["1,512,128,2; 2,128,512,1"]),
  ffn: products(["1,2048,512,2; 8,128,128,1", "1,512,512,2; 8,128,512,1"]),
};

/** Those of ViT-S/16 at half the size, so that they leave the same shares. */
const VIT_TINY16_BUTTERFLY: LinearChoices = {
  projection: products(["1,96,24,2; 2,24,96,1"]),
  ffn: products(["1,384,96,2; 6,32,32,1", "1,64,64,3; 6,32,128,1"]),
};

/** Sizes of the models of karpathy/llama2.c. Theirs of 260,000 parameters has 43 * 4 features between. */
const LLAMAS = {
  "llama-260k": {
    config: {
      vocabulary: 512,
      features: 64,
      hidden: 172,
      layers: 5,
      heads: 8,
      keyValueHeads: 4,
      positions: 512,
      tiedHead: true,
    },
    butterfly: {
      projection: products(["1,32,8,2; 2,8,32,1", "1,16,8,2; 2,8,32,1"]),
      ffn: products(["1,86,32,2; 4,16,16,1", "1,16,16,4; 4,16,43,1"]),
    },
    verified: 256,
  },
  "stories-15m": {
    config: {
      vocabulary: 32000,
      features: 288,
      hidden: 768,
      layers: 6,
      heads: 6,
      positions: 256,
      tiedHead: true,
    },
    butterfly: {
      projection: products(["1,144,36,2; 2,36,144,1"]),
      ffn: products(["1,384,144,2; 6,48,48,1", "1,72,72,4; 6,48,128,1"]),
    },
    verified: 16,
  },
} as const satisfies Record<
  string,
  { config: LlamaConfig; butterfly: LinearChoices; verified: number }
>;

/** Models by name. */
export const modelSubjects: readonly ModelSubject[] = [
  {
    name: "vit-s16",
    description: "ViT-S/16, the butterfly layers those of arXiv 2405.15013, section 5",
    unit: "images",
    units: 8,
    most: 1024,
    verified: 1,
    build: (linear, seed) => {
      const model = vitS16({ seed, linear: choose(linear, VIT_S16_BUTTERFLY) });
      return { model, trace: (images) => model.trace({ images }) };
    },
  },
  {
    name: "vit-tiny16",
    description: "ViT-Tiny/16, the butterfly layers at half the size of those in ViT-S/16",
    unit: "images",
    units: 8,
    most: 1024,
    verified: 1,
    build: (linear, seed) => {
      const model = vitTiny16({ seed, linear: choose(linear, VIT_TINY16_BUTTERFLY) });
      return { model, trace: (images) => model.trace({ images }) };
    },
  },
  {
    name: "gpt2-medium-block",
    description: "one block of GPT-2 medium: 1,024 features, 16 heads",
    unit: "tokens",
    units: 1024,
    most: 16384,
    verified: 64,
    build: (linear, seed) => {
      const choices = choose(linear, GPT2_MEDIUM_BUTTERFLY);
      const model = new Gpt2Block({ features: 1024, heads: 16, linear: choices, seed });
      return { model, trace: (tokens) => model.trace({ tokens }) };
    },
  },
  ...Object.entries(LLAMAS).map(
    ([name, { config, butterfly, verified }]): ModelSubject => ({
      name,
      description: `a Llama of ${config.layers} layers of ${config.features} features, one sequence`,
      unit: "tokens",
      units: config.positions,
      most: config.positions,
      verified,
      build: (linear, seed) => {
        const model = new Llama({ ...config, seed, linear: choose(linear, butterfly) });
        return { model, trace: (tokens) => model.trace({ tokens }) };
      },
    }),
  ),
];

function choose(linear: LinearKind, butterfly: LinearChoices): LinearChoices {
  return linear === "dense" ? {} : butterfly;
}

/** @throws PapilioError `MODEL_UNKNOWN` with the names that there are */
export function findModelSubject(name: string): ModelSubject {
  requireText("The name of a model", name);
  const subject = modelSubjects.find((candidate) => candidate.name === name);
  if (subject !== undefined) return subject;
  const names = modelSubjects.map((candidate) => candidate.name);
  throw new PapilioError(
    "MODEL_UNKNOWN",
    `There is no model ${describeValue(name)} to be timed.`,
    `${didYouMean(name, names)}Use any of ${names.join(", ")}.`,
  );
}
