import { Gpt2, type LinearChoices, Llama, type LlamaConfig, VIT_S16_BUTTERFLY } from "@papilio/nn";
import { products } from "@papilio/nn/layers";
import type { Decoder } from "@papilio/nn/models";
import type { LinearKind } from "../results/model-results.ts";
import { choose, type ModelSubject, type SequencesTogether } from "./subject.ts";

/** A language model of which a prompt is timed, and a token after it. */
interface DecoderSubject {
  readonly name: string;
  readonly description: string;
  readonly positions: number;
  /** Tokens of a prompt, and places of the cache, unless asked otherwise. */
  readonly prompt: number;
  readonly context: number;
  readonly verified: number;
  /** @param small of one layer and few tokens that there are, for training by the reference */
  build(linear: LinearKind, seed: number, small?: SmallDecoder): Decoder;
}

/** Sizes of a model that the reference trains in seconds. */
interface SmallDecoder {
  readonly layers: number;
  readonly vocabulary: number;
}

const SMALL: SmallDecoder = { layers: 1, vocabulary: 64 };
/** Tokens of a step of it. */
const SMALL_TOKENS = 16;

/** Those of ViT-S/16 at twice the size, so that they leave the same shares. */
const GPT2_BUTTERFLY: LinearChoices = {
  projection: products(["1,384,96,2; 2,96,384,1"]),
  ffn: products(["1,1536,384,2; 6,128,128,1", "1,256,256,3; 6,128,512,1"]),
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
    verified: 64,
  },
  "stories-110m": {
    config: {
      vocabulary: 32000,
      features: 768,
      hidden: 2048,
      layers: 12,
      heads: 12,
      positions: 1024,
      tiedHead: true,
    },
    butterfly: {
      projection: products(["1,384,96,2; 2,96,384,1"]),
      ffn: products(["1,1024,384,2; 6,128,128,1", "1,192,192,4; 8,96,256,1"]),
    },
    verified: 16,
  },
} as const satisfies Record<
  string,
  { config: LlamaConfig; butterfly: LinearChoices; verified: number }
>;

const DECODERS: readonly DecoderSubject[] = [
  {
    name: "gpt2",
    description: "GPT-2 of 124 million parameters",
    positions: 1024,
    prompt: 128,
    context: 512,
    verified: 16,
    build: (linear, seed, small) =>
      new Gpt2({ seed, linear: choose(linear, GPT2_BUTTERFLY), ...small }),
  },
  {
    name: "gpt-384",
    description: "a GPT of characters, of 6 layers of 384 features",
    positions: 256,
    prompt: 256,
    context: 256,
    verified: 64,
    build: (linear, seed, small) =>
      new Gpt2({
        ...{ vocabulary: 65, features: 384, layers: 6, heads: 6, positions: 256, seed },
        linear: choose(linear, VIT_S16_BUTTERFLY),
        ...small,
      }),
  },
  ...Object.entries(LLAMAS).map(
    ([name, { config, butterfly, verified }]): DecoderSubject => ({
      name,
      description: `a Llama of ${config.layers} layers of ${config.features} features`,
      positions: config.positions,
      prompt: Math.min(config.positions, 256),
      context: Math.min(config.positions, 512),
      verified,
      build: (linear, seed, small) =>
        new Llama({ ...config, seed, linear: choose(linear, butterfly), ...small }),
    }),
  ),
];

/** A prompt, whose keys and values are kept, with the logits after its last token. */
function promptOf(decoder: DecoderSubject): ModelSubject {
  const { name, description, positions: most, prompt: units, verified } = decoder;
  return {
    name,
    description: `${description}: a prompt, and the logits after it`,
    unit: "tokens",
    units,
    most,
    verified,
    build: (linear, seed) => {
      const model = decoder.build(linear, seed);
      return { model, trace: (tokens) => model.traceStep({ tokens, context: tokens }) };
    },
    training: {
      ...{ description, units, verified: SMALL_TOKENS },
      build: (linear, seed, size) => {
        const model = decoder.build(linear, seed, size === "small" ? SMALL : undefined);
        return { model, trace: (tokens) => model.trace({ tokens }) };
      },
    },
    // The logits of the last token that is compared; those of any other take as long.
    given: (_, compared) => ({
      position: Uint32Array.of(0),
      last: Uint32Array.of(compared - 1),
    }),
  };
}

/** One token after others, whose keys and values are random numbers: with it, they fill the cache. */
function stepOf(decoder: DecoderSubject): ModelSubject {
  const { name, description, positions: most, context: units } = decoder;
  return {
    name: `${name}-decode`,
    description: `${description}: one token, which fills the last place of the cache`,
    unit: "cached tokens",
    units,
    most,
    verified: null,
    build: (linear, seed) => {
      const model = decoder.build(linear, seed);
      return { model, trace: (context) => model.traceStep({ tokens: 1, context }) };
    },
    given: (context) => ({ position: Uint32Array.of(context - 1), last: Uint32Array.of(0) }),
    past: (context) => context - 1,
    together: stepTogether,
  };
}

/** Tokens of a page of keys and values, as generators have them. */
const PAGE_SIZE = 32;

/**
 * A token of each of several sequences, whose pages are mixed, as those of sequences that grow together: the last page
 * of each has room for the token.
 */
function stepTogether(sequences: number): SequencesTogether {
  const pagesOf = (context: number): number => Math.ceil(context / PAGE_SIZE);
  return {
    trace: (model, context) =>
      (model as Decoder).traceBatchStep({
        ...{ sequences, tokens: 1, context },
        ...{ pageSize: PAGE_SIZE, pages: sequences * pagesOf(context) },
      }),
    given: (context) => {
      const each = pagesOf(context);
      const pages = Uint32Array.from(
        { length: sequences * each },
        (_, index) => (index % each) * sequences + Math.floor(index / each),
      );
      const last = context - 1;
      const places = Uint32Array.from({ length: sequences }, (_, sequence) => {
        const page = pages[sequence * each + Math.floor(last / PAGE_SIZE)] as number;
        return page * PAGE_SIZE + (last % PAGE_SIZE);
      });
      return {
        ...{ places, pages },
        positions: new Uint32Array(sequences).fill(last),
        lengths: new Uint32Array(sequences).fill(context),
      };
    },
    past: (context) => sequences * pagesOf(context) * PAGE_SIZE,
  };
}

/** Prompts and steps of language models. */
export const decoderSubjects: readonly ModelSubject[] = DECODERS.flatMap((decoder) => [
  promptOf(decoder),
  stepOf(decoder),
]);
