import { findSuite } from "@papilio/bench";
import { modelLayers, parseLayers, type Question } from "@papilio/bench/select";
import { Chain, LAYOUTS, PapilioError } from "@papilio/butterfly";
import { readText } from "../files/input-file.ts";
import { oneOf, wholeNumber } from "./options.ts";

/** The flags of `papilio select` that say what is asked. */
export interface QuestionFlags {
  readonly pattern?: readonly string[];
  readonly chain?: readonly string[];
  readonly layers?: string;
  readonly suite?: string;
  readonly batch?: readonly string[];
  readonly dtype?: readonly string[];
  readonly layout?: string;
}

/** A question with what it is called in a table. */
export interface NamedQuestion {
  readonly name: string;
  readonly question: Question;
  /** Asked for by itself, not as one of a list: it is refused, not passed over, where it cannot be. */
  readonly explicit: boolean;
}

const BATCH = 128;

/**
 * The questions that the flags ask, in their order. A layer's own batch, precision and layout count
 * more than the flags', and the flags' more than a suite's.
 *
 * @throws PapilioError `FLAG_INVALID`, also unless exactly one of the kinds is given; and what
 * the patterns, the layers or the suite throw
 */
export async function questionsOf(flags: QuestionFlags): Promise<readonly NamedQuestion[]> {
  const { pattern, chain, layers, suite } = flags;
  const batches = flags.batch?.map((text) => wholeNumber("--batch", text, 1, 2 ** 31 - 1));
  const dtypes = flags.dtype?.map((text) => oneOf("--dtype", text, ["f32", "f16"]));
  const layout = flags.layout === undefined ? undefined : oneOf("--layout", flags.layout, LAYOUTS);
  const inLayout = layout === undefined ? {} : { layout };
  const texts = [...(pattern ?? []), ...(chain ?? [])];
  if ([texts.length > 0, layers !== undefined, suite !== undefined].filter(Boolean).length !== 1) {
    throw new PapilioError(
      "FLAG_INVALID",
      "There must be one of: patterns and chains, --layers, --suite.",
      "For example: papilio select --pattern 4,64,64,4 --batch 128.",
    );
  }
  if (texts.length > 0) {
    const chains = texts.map((text) => Chain.parse(text));
    return cross(chains, batches ?? [BATCH], dtypes ?? ["f32"]).map((item) =>
      named({ ...item, ...inLayout }, true),
    );
  }
  if (suite !== undefined) {
    const grid = findSuite(suite);
    const [only, ...others] = grid.layouts;
    const own = only !== undefined && others.length === 0 ? { layout: only } : {};
    return cross(grid.chains, batches ?? grid.batches, dtypes ?? grid.dtypes).map((item) =>
      named({ ...item, ...own, ...inLayout }, false),
    );
  }
  const file = layers as string;
  const found = Object.hasOwn(modelLayers, file) ? modelLayers[file] : undefined;
  return (found ?? parseLayers(await readText(file))).flatMap((layer) =>
    cross(
      [layer.chain],
      layer.batch === undefined ? (batches ?? [BATCH]) : [layer.batch],
      layer.dtype === undefined ? (dtypes ?? ["f32"]) : [layer.dtype],
    ).map((item) => {
      const own = layer.layout === undefined ? inLayout : { layout: layer.layout };
      const { name } = named({ ...item, ...own }, false);
      return { name: `${layer.name}: ${name}`, question: { ...item, ...own }, explicit: false };
    }),
  );
}

function cross(
  chains: readonly Chain[],
  batches: readonly number[],
  dtypes: readonly Question["dtype"][],
): Question[] {
  return chains.flatMap((chain) =>
    batches.flatMap((batch) => dtypes.map((dtype) => ({ chain, batch, dtype }))),
  );
}

function named(question: Question, explicit: boolean): NamedQuestion {
  const { chain, batch, dtype, layout } = question;
  const name = `${chain} x ${batch} ${dtype}${layout === undefined ? "" : ` ${layout}`}`;
  return { name, question, explicit };
}
