import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { text } from "../arguments/checks.ts";
import { dyadic, monarch, products } from "./butterfly-linear.ts";
import { Linear } from "./linear.ts";
import type { LinearFactory } from "./linear-layer.ts";

const DENSE: LinearFactory = (shape) => new Linear(shape);

/**
 * What makes linear layers, by a text such as a flag or a config.json has it: `dense`, `monarch`, `dyadic`, or products
 * divided by `|`, each patterns that semicolons divide, left-most first. Layers of which no product has the shape are
 * dense.
 *
 * @throws PapilioError `OPTION_INVALID`; what a pattern throws that cannot be read
 *
 * @example
 * ```ts
 * const ffn = linearByName("1,192,48,2; 2,48,192,1");
 * ```
 */
export function linearByName(name: string): LinearFactory {
  text("The name of linear layers", name);
  if (name === "dense") return DENSE;
  if (name === "monarch") return monarch();
  if (name === "dyadic") return dyadic;
  if (name.includes(",")) return products(name.split("|"), DENSE);
  throw new PapilioError(
    "OPTION_INVALID",
    `There are no linear layers by the name of ${describeValue(name)}.`,
    'Give dense, monarch, dyadic, or products such as "1,192,48,2; 2,48,192,1".',
  );
}
