import { requireWhole } from "@papilio/butterfly/errors";
import { ACCUMULATE } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { vectorsOperand } from "./problem.ts";
import { SETTINGS } from "./step-settings.ts";
import { UPDATE_CHUNK } from "./update.ts";

/**
 * Sums numbers over runs. Operands: the sum, which is kept from run to run, x, and what the step is given, as
 * `stepSettings` takes it: where the fifth number is 0, the sum becomes x.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function accumulate(length: number): KernelCall {
  requireWhole("The number of numbers", length, 1);
  const numbers = { vectors: 1, features: length };
  return {
    kernel: ACCUMULATE,
    label: `accumulate ${length} numbers`,
    items: Math.ceil(length / UPDATE_CHUNK),
    scratchBytes: 0,
    operands: [
      vectorsOperand("sum", "update", "tiles", numbers),
      vectorsOperand("x", "read", "tiles", numbers),
      vectorsOperand("given", "read", "tiles", { vectors: 1, features: SETTINGS }),
    ],
    words: ([sum = 0, x = 0, given = 0]) => [sum, x, given, length],
    flops: length,
    bytes: 12 * length,
  };
}
