import { Chain, LAYOUTS, PapilioError, Pattern } from "@papilio/butterfly";
import { describeValue, didYouMean, requireText } from "@papilio/butterfly/errors";
import type { Grid } from "./case.ts";
import { paperChains } from "./paper-grid.ts";

const chains = (texts: readonly string[]): Chain[] => texts.map((text) => Chain.parse(text));
const SIZES = [256, 1024, 4096, 16384, 65536];

/** A named grid. */
export interface Suite extends Grid {
  /** Longest run of an implementation, in seconds, unless the user says another; 1 unless given. */
  readonly maxRunSeconds?: number;
}

/** Named grids. */
export const suites: Readonly<Record<string, Suite>> = {
  /**
   * What `papilio bench` runs by default: small blocks to large, in both layouts. Half a minute on two cores
   * and a software adapter, because what is hundreds of times slower than the fastest is not timed.
   */
  quick: {
    maxRunSeconds: 0.1,
    chains: chains(["1,4,4,256", "16,16,16,16", "2,48,192,8", "4,64,64,4"]),
    batches: [128],
    dtypes: ["f32"],
    layouts: LAYOUTS,
  },
  /**
   * Blocks from 2 x 2 to 512 x 512 with d from 1 to 1024, square and rectangular, the shapes that
   * arXiv 2405.15013 puts into ViT-S/16 among them.
   */
  foundation: {
    chains: chains([
      "1,2,2,1024",
      "1,2,8,512",
      "1,8,2,512",
      "16,4,4,64",
      "1,4,4,1024",
      "4,8,8,64",
      "3,12,20,5",
      "16,16,16,16",
      "4,16,64,8",
      "32,32,32,1",
      "1,192,48,2",
      "3,96,96,3",
      "1,64,64,64",
      "4,64,64,4",
      "6,64,256,1",
      "2,128,32,16",
      "1,256,64,4",
      "1,512,512,2",
    ]),
    batches: [128, 1024],
    dtypes: ["f32", "f16"],
    layouts: LAYOUTS,
  },
  /** The grid of arXiv 2405.15013, section 4: 1844 patterns at 128 images of 196 tokens. */
  paper: {
    chains: paperChains(),
    batches: [128 * 196],
    dtypes: ["f32", "f16"],
    layouts: LAYOUTS,
  },
  /**
   * Twenty factors of the kind of arXiv 2405.15013, for `--operation gradient`: its blocks from 48 x 48 to 512 x 512,
   * square and four times longer one way, of vectors of 384 to 6144 features. All
   * have d > 1, for without there is nothing to shuffle.
   */
  gradient: {
    chains: chains([
      "1,48,48,8",
      "32,48,48,4",
      "8,48,48,16",
      "1,48,192,4",
      "1,192,48,2",
      "2,192,48,8",
      "1,64,64,64",
      "4,64,64,4",
      "16,64,64,4",
      "2,64,64,32",
      "1,96,96,4",
      "3,96,96,3",
      "2,96,96,16",
      "1,384,96,2",
      "1,128,128,3",
      "4,128,128,8",
      "1,192,192,4",
      "1,768,192,2",
      "1,256,256,8",
      "1,512,512,2",
    ]),
    batches: [256],
    dtypes: ["f32", "f16"],
    layouts: LAYOUTS,
  },
  /**
   * BOFT adapters on dense weights, for `--operation adapt`: blocks of 4 and 8, one level to four, from one vector to 512.
   * A run of the dense way takes seconds.
   */
  adapters: {
    maxRunSeconds: 60,
    operation: "adapt",
    chains: [768, 1024, 2048, 4096].flatMap((n) =>
      [4, 8].flatMap((b) =>
        [1, 2, 3, 4].map((levels) =>
          Chain.of([
            new Pattern(1, n, n, 1),
            ...Array.from({ length: levels }, () => new Pattern(n / b, b, b, 1)),
          ]),
        ),
      ),
    ),
    batches: [1, 16, 128, 512],
    dtypes: ["f32"],
    layouts: ["batch-first"],
  },
  /** Ten factors of the paper's grid and a dense one, for implementations that round to few bits. */
  "few-bits": {
    chains: chains([
      "1,48,48,8",
      "32,48,48,4",
      "1,48,192,4",
      "2,192,48,8",
      "16,64,64,4",
      "3,96,96,3",
      "4,128,128,8",
      "1,192,192,4",
      "1,256,256,8",
      "1,512,512,2",
      "1,1024,1024,1",
    ]),
    batches: [1, 16, 128],
    dtypes: ["f32"],
    layouts: ["batch-first"],
  },
  /**
   * Forty factors of which the bytes moved are counted: of the paper's grid, in super-blocks of one to 4096
   * features, and of the blocks of the suite `foundation`.
   */
  traffic: {
    chains: chains([
      "1,48,48,8",
      "32,48,48,4",
      "8,48,48,16",
      "64,48,48,1",
      "1,48,192,4",
      "1,192,48,2",
      "2,48,192,1",
      "2,192,48,8",
      "4,48,48,48",
      "1,64,64,64",
      "4,64,64,4",
      "16,64,64,4",
      "2,64,64,32",
      "2,64,64,12",
      "3,64,64,24",
      "6,64,256,1",
      "1,96,96,4",
      "3,96,96,3",
      "2,96,96,16",
      "1,384,96,2",
      "2,96,96,6",
      "1,128,128,3",
      "4,128,128,8",
      "1,128,128,32",
      "1,192,192,4",
      "2,192,192,6",
      "1,768,192,2",
      "1,256,256,8",
      "4,256,256,2",
      "1,512,512,2",
      "1,768,768,4",
      "2,128,32,16",
      "1,256,64,4",
      "32,32,32,1",
      "4,16,64,8",
      "16,16,16,16",
      "1,16,16,128",
      "4,8,8,64",
      "16,4,4,64",
      "1,2,2,1024",
    ]),
    batches: [128 * 196],
    dtypes: ["f32", "f16"],
    layouts: LAYOUTS,
  },
  /** Products of factors: square dyadic chains, and Monarch chains of two factors. */
  chains: {
    chains: [
      ...SIZES.map((size) => Chain.squareDyadic(size)),
      ...SIZES.map((size) => Chain.monarch(size)),
    ],
    batches: [1, 128, 4096],
    dtypes: ["f32", "f16"],
    layouts: LAYOUTS,
  },
  /**
   * Linear layers of transformers as products of two factors, at one token, at the 196 of an image
   * and at 2048. In ViT-S/16 the factors are those of arXiv 2405.15013, but for the second of the
   * feed-forward: its (1,128,128,3) is not chainable with (6,64,256,1), and (1,96,96,4) is.
   */
  transformer: {
    chains: [
      // ViT-S/16: projections 384 x 384, feed-forward 1536 x 384 and 384 x 1536.
      ...chains(["1,192,48,2;2,48,192,1", "1,768,192,2;6,64,64,1", "1,96,96,4;6,64,256,1"]),
      // GPT-2 medium: queries, keys and values together; projection; feed-forward.
      Chain.monarch({ rows: 3072, cols: 1024, blocks: 32 }),
      Chain.monarch({ rows: 1024, cols: 1024, blocks: 32 }),
      Chain.monarch({ rows: 4096, cols: 1024, blocks: 32 }),
      Chain.monarch({ rows: 1024, cols: 4096, blocks: 32 }),
      // Llama of 8 billion parameters: projection; feed-forward.
      Chain.monarch({ rows: 4096, cols: 4096, blocks: 64 }),
      Chain.monarch({ rows: 14336, cols: 4096, blocks: 64 }),
      Chain.monarch({ rows: 4096, cols: 14336, blocks: 64 }),
    ],
    batches: [1, 196, 2048],
    dtypes: ["f32", "f16"],
    layouts: LAYOUTS,
  },
};

/** @throws PapilioError `SUITE_UNKNOWN` with the names that there are */
export function findSuite(name: string): Suite {
  requireText("The name of a suite", name);
  const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
  if (suite !== undefined) return suite;
  throw new PapilioError(
    "SUITE_UNKNOWN",
    `There is no suite ${describeValue(name)}.`,
    `${didYouMean(name, Object.keys(suites))}Use any of ${Object.keys(suites).join(", ")}, or give patterns.`,
  );
}
