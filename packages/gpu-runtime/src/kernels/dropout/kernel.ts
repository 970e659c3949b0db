import { type Dropout, stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { dropoutWgsl } from "../dropout-wgsl.ts";
import {
  element,
  indexBinding,
  outputsKernel,
  type VectorStorage,
  vectorBindings,
} from "../outputs.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";

/** Of so many vectors, padding included: `y` has them in its own columns. */
export interface DropoutProblem extends VectorStorage, Dropout {
  readonly batch: number;
  readonly features: number;
}

/**
 * Generates dropout: numbers become 0 at random, and the others are divided by the share that is kept (Srivastava et
 * al., 2014). Which ones is drawn as by `dropoutKeeps` of `@papilio/butterfly/numeric`. Bindings: x, y and seed (one
 * u32).
 *
 * @throws PapilioError `KERNEL_PROBLEM`
 */
export function dropoutKernel(problem: DropoutProblem): Kernel {
  requireProblem("dropout", problem, {
    ...storageChecks,
    batch: checks.count,
    features: checks.count,
    rate: checks.share,
    stream: checks.word,
  });
  const { batch, features, from, to, dtype, rate, stream } = problem;
  const strides = stridesOf({ batch, layout: from }, features);
  return outputsKernel({
    label: `dropout ${batch}x${features}`,
    dtype,
    width: 1,
    y: { batch, layout: to, count: batch, features },
    bindings: [...vectorBindings(dtype, 1), indexBinding("seed")],
    functions: dropoutWgsl({ rate, stream }),
    body: `let given = f32(${element("x", strides, "vector", "feature")});
  let value = dropped(given, vector * ${features}u + feature);`,
  });
}
