import type { KroneckerSparse } from "@papilio/butterfly";
import { type FewBits, uniform } from "@papilio/butterfly/numeric";
import { expect } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import {
  type KroneckerSparseVariant,
  kroneckerSparseName,
} from "../kernels/kronecker-sparse/variant.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { runCase } from "./run-case.ts";

/** What a multiplication does besides. */
interface ExpectedMultiplication extends Epilogue {
  readonly biased: boolean;
  readonly weightDtype?: FewBits;
}

/** Expects of a variant of the fused kernel what float64 gives, within the bound that follows from the sums. */
export async function expectMultiplied(
  gpu: Gpu,
  factor: KroneckerSparse,
  shape: InputShape,
  variant: KroneckerSparseVariant,
  { biased, weightDtype, ...epilogue }: ExpectedMultiplication,
): Promise<void> {
  const bias = Float32Array.from({ length: factor.pattern.rows }, uniform(5));
  const options = { variant, weightDtype, ...epilogue, ...(biased ? { bias } : {}) };
  const found = await runCase(
    gpu,
    factor,
    shape,
    (stored) => prepareKroneckerSparse(gpu, stored, shape, options),
    biased ? bias : undefined,
    epilogue,
    weightDtype,
  );
  const after = JSON.stringify({ biased, weightDtype, ...epilogue });
  const what = `${factor.pattern} ${JSON.stringify(shape)} ${kroneckerSparseName(variant)} ${after}`;
  expect(found, what).toMatchObject({ ok: true, nonFinite: 0 });
}
