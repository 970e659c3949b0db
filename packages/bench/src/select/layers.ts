import { Chain, LAYOUTS, type Layout, PapilioError, type StorageDtype } from "@papilio/butterfly";
import { describeValue, requireText } from "@papilio/butterfly/errors";
import { parseJsonText } from "@papilio/butterfly/files";
import * as v from "valibot";
import { describeIssue } from "../arguments/describe-issue.ts";

/** A layer of a model: the chain of its weights, and how it is called. */
export interface Layer {
  readonly name: string;
  readonly chain: Chain;
  /** Vectors multiplied at once; absent where the caller decides. */
  readonly batch?: number;
  readonly dtype?: StorageDtype;
  readonly layout?: Layout;
}

const layersFile = v.strictObject({
  layers: v.pipe(
    v.array(
      v.strictObject({
        name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
        chain: v.pipe(v.string(), v.maxLength(10_000)),
        batch: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31 - 1))),
        dtype: v.optional(v.picklist(["f32", "f16"])),
        layout: v.optional(v.picklist(LAYOUTS)),
      }),
    ),
    v.minLength(1),
    v.maxLength(10_000),
  ),
});

const preset = (chains: Readonly<Record<string, string>>): readonly Layer[] =>
  Object.entries(chains).map(([name, chain]) => ({ name, chain: Chain.parse(chain) }));

/** Layers of models by name. */
export const modelLayers: Readonly<Record<string, readonly Layer[]>> = {
  /**
   * ViT-S/16, with the factors that arXiv 2405.15013 puts in the place of its matrices, but for the
   * second of the feed-forward: its (1,128,128,3) is not chainable with (6,64,256,1); (1,96,96,4) is.
   */
  "vit-s-16": preset({
    "query, key, value, output": "1,192,48,2; 2,48,192,1",
    up: "1,768,192,2; 6,64,64,1",
    down: "1,96,96,4; 6,64,256,1",
  }),
};

/**
 * Reads a model's layers from JSON: `{"layers": [{"name": "up", "chain": "1,768,192,2; 6,64,64,1",
 * "batch": 196, "dtype": "f16", "layout": "batch-last"}]}`; what follows the chain may be absent.
 *
 * @throws PapilioError `LAYERS_SYNTAX` when it is not JSON; `LAYERS_INVALID` naming the first place
 * that does not fit, or the layer whose chain is not valid
 */
export function parseLayers(json: string): readonly Layer[] {
  requireText("The text of layers", json);
  let data: unknown;
  try {
    data = parseJsonText(json);
  } catch (cause) {
    throw new PapilioError(
      "LAYERS_SYNTAX",
      `The layers cannot be read as JSON: ${(cause as Error).message}.`,
      'Give a file such as {"layers": [{"name": "up", "chain": "4,64,64,4"}]}.',
      { cause },
    );
  }
  const parsed = v.safeParse(layersFile, data);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new PapilioError(
      "LAYERS_INVALID",
      `The layers do not fit at ${describeIssue(issue)}.`,
      "Each layer has a name and a chain, and may have batch, dtype and layout.",
    );
  }
  return parsed.output.layers.map(({ name, chain, batch, dtype, layout }) => ({
    name,
    chain: parseChain(name, chain),
    ...(batch === undefined ? {} : { batch }),
    ...(dtype === undefined ? {} : { dtype }),
    ...(layout === undefined ? {} : { layout }),
  }));
}

function parseChain(name: string, text: string): Chain {
  try {
    return Chain.parse(text);
  } catch (cause) {
    if (!(cause instanceof PapilioError)) throw cause;
    throw new PapilioError(
      "LAYERS_INVALID",
      `The chain of layer ${describeValue(name)} is not valid: ${cause.message}`,
      cause.fix,
      { cause },
    );
  }
}
