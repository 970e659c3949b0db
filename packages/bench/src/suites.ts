import { LAYOUTS, PapilioError, Pattern } from "@papilio/butterfly";
import type { Grid } from "./case.ts";

const patterns = (texts: readonly string[]): Pattern[] => texts.map((text) => Pattern.parse(text));

/** Named grids. */
export const suites: Readonly<Record<string, Grid>> = {
  /** What `papilio bench` runs by default: small blocks to large, in both layouts. */
  quick: {
    patterns: patterns(["1,4,4,256", "16,16,16,16", "2,48,192,8", "4,64,64,4"]),
    batches: [128],
    dtypes: ["f32"],
    layouts: LAYOUTS,
  },
  /**
   * Blocks from 2 x 2 to 512 x 512 with d from 1 to 1024, square and rectangular, the shapes that
   * arXiv 2405.15013 puts into ViT-S/16 among them.
   */
  foundation: {
    patterns: patterns([
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
};

/** @throws PapilioError `SUITE_UNKNOWN` with the names that there are */
export function findSuite(name: string): Grid {
  const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
  if (suite !== undefined) return suite;
  throw new PapilioError(
    "SUITE_UNKNOWN",
    `There is no suite ${JSON.stringify(name)}.`,
    `Use any of ${Object.keys(suites).join(", ")}, or give patterns.`,
  );
}
