import { wrongArgument } from "@papilio/butterfly/errors";
import type { Kernel } from "../../device/kernel.ts";
import { requireKroneckerSparseProblem, requireKroneckerSparseVariant } from "./checks.ts";
import { matrixKernel } from "./matrix-shader.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import { registerKernel } from "./register-shader.ts";
import { type KroneckerSparseVariant, kroneckerSparseName, readsFewBits } from "./variant.ts";
import { vectorKernel } from "./vector-shader.ts";
import { workgroupKernel } from "./workgroup-shader.ts";

/**
 * The fused kernel for a problem, in a given shape. Bindings: x, weights of `packKroneckerSparse` or,
 * of few bits, as `prepareKroneckerSparse` packs them, y, and what there is of bias, multiplier, addend.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `OPTION_INVALID`, `ACTIVATION_INVALID`
 */
export function kroneckerSparseKernel(
  problem: KroneckerSparseProblem,
  variant: KroneckerSparseVariant,
): Kernel {
  requireKroneckerSparseProblem(problem);
  requireKroneckerSparseVariant(variant);
  requireReadable(problem, variant);
  switch (variant.kind) {
    case "register":
      return registerKernel(problem, variant);
    case "workgroup":
      return workgroupKernel(problem, variant);
    case "vector":
      return vectorKernel(problem, variant);
    case "matrix":
      return matrixKernel(problem, variant);
  }
}

/** @throws PapilioError `OPTION_INVALID` for a variant that does not read weights as they are stored */
function requireReadable(
  { weightDtype }: KroneckerSparseProblem,
  variant: KroneckerSparseVariant,
): void {
  const eightInputs = variant.kind === "vector" && variant.vector === 8;
  if (weightDtype === undefined ? !eightInputs : readsFewBits(variant)) return;
  throw wrongArgument(
    "The variant",
    kroneckerSparseName(variant),
    weightDtype === undefined
      ? "one of at most 4 inputs a load"
      : `one that reads weights in ${weightDtype}, as chooseKroneckerSparse has`,
  );
}
