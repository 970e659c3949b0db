import { PapilioError } from "@papilio/butterfly";
import { describeValue, didYouMean, requireText } from "@papilio/butterfly/errors";
import {
  type LinearChoices,
  SentenceEncoder,
  VIT_S16_BUTTERFLY,
  vitS16,
  vitTiny16,
} from "@papilio/nn";
import { products } from "@papilio/nn/layers";
import * as v from "valibot";
import { requireShape } from "../arguments/checks.ts";
import { decoderSubjects } from "./decoders.ts";
import { Gpt2Block } from "./gpt2-block.ts";
import { choose, type ModelSubject } from "./subject.ts";

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

/** Tokens of a sentence: about as many as one of twenty words has. */
const SENTENCE_TOKENS = 32;

/** A vision transformer of which the reference takes a training step in a second. */
const SMALL_VISION = { layers: 1, imageSize: 48, classes: 10 };

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
    training: {
      description: "ViT-S/16, the butterfly layers those of arXiv 2405.15013, section 5",
      ...{ units: 2, verified: 1 },
      build: (linear, seed, size) => {
        const sizes = size === "small" ? SMALL_VISION : {};
        const model = vitS16({ seed, linear: choose(linear, VIT_S16_BUTTERFLY), ...sizes });
        return { model, trace: (images) => model.trace({ images }) };
      },
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
    training: {
      description: "ViT-Tiny/16, the butterfly layers at half the size of those in ViT-S/16",
      ...{ units: 2, verified: 1 },
      build: (linear, seed, size) => {
        const sizes = size === "small" ? SMALL_VISION : {};
        const model = vitTiny16({ seed, linear: choose(linear, VIT_TINY16_BUTTERFLY), ...sizes });
        return { model, trace: (images) => model.trace({ images }) };
      },
    },
  },
  {
    name: "minilm-l6",
    description: `a sentence encoder of the sizes of all-MiniLM-L6-v2, ${SENTENCE_TOKENS} tokens a sentence, the butterfly layers those of ViT-S/16, whose sizes they have`,
    unit: "sentences",
    units: 32,
    most: 4096,
    verified: 1,
    build: (linear, seed) => {
      const model = new SentenceEncoder({ seed, linear: choose(linear, VIT_S16_BUTTERFLY) });
      const trace = (sequences: number) => model.trace({ sequences, tokens: SENTENCE_TOKENS });
      return { model, trace };
    },
    given: (sentences) => ({ lengths: new Uint32Array(sentences).fill(SENTENCE_TOKENS) }),
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
  ...decoderSubjects,
];

const subjectsShape = v.array(v.object({ name: v.string() }));

/**
 * A model by its name, among those of {@link modelSubjects} and `others`.
 *
 * @throws PapilioError `MODEL_UNKNOWN` with the names that there are
 */
export function findModelSubject(name: string, others: readonly ModelSubject[] = []): ModelSubject {
  requireText("The name of a model", name);
  requireShape("The other models", others, subjectsShape);
  const subjects = [...modelSubjects, ...others];
  const subject = subjects.find((candidate) => candidate.name === name);
  if (subject !== undefined) return subject;
  const names = subjects.map((candidate) => candidate.name);
  throw new PapilioError(
    "MODEL_UNKNOWN",
    `There is no model ${describeValue(name)} to be timed.`,
    `${didYouMean(name, names)}Use any of ${names.join(", ")}.`,
  );
}
