import { PapilioError } from "@papilio/butterfly";
import {
  prepareBmm,
  prepareBsr,
  prepareCsr,
  prepareDense,
  prepareEinsum,
  prepareKroneckerSparse,
} from "@papilio/gpu-runtime";
import type { Implementation } from "../implementation.ts";
import { chainImplementations } from "./chains.ts";
import { cpuWasm } from "./cpu-wasm.ts";
import { fromMultiplication } from "./from-multiplication.ts";

/** The implementation that the others are compared with. */
export const FUSED = "kronecker-sparse";

/** Every implementation that the benchmark knows, those of arXiv 2405.15013. */
export const implementations: readonly Implementation[] = [
  fromMultiplication(FUSED, "fused kernel, nothing rewritten", prepareKroneckerSparse),
  fromMultiplication("bmm", "gather, batched matrix product, scatter", prepareBmm),
  fromMultiplication("bsr", "gather, block-sparse rows, scatter", prepareBsr),
  fromMultiplication("csr", "compressed sparse rows", prepareCsr),
  fromMultiplication("dense", "dense matrix product, zeros included", prepareDense, {
    arithmetic: "product",
  }),
  fromMultiplication("einsum", "direct contraction without tiling", prepareEinsum),
];

/** Those that compute beside the adapter, of our own. */
export const cpuImplementations: readonly Implementation[] = [cpuWasm];

/** @throws PapilioError `IMPLEMENTATION_UNKNOWN` with the names that there are */
export function findImplementation(name: string): Implementation {
  const all = [...implementations, ...chainImplementations, ...cpuImplementations];
  const found = all.find((implementation) => implementation.name === name);
  if (found !== undefined) return found;
  throw new PapilioError(
    "IMPLEMENTATION_UNKNOWN",
    `There is no implementation ${JSON.stringify(name)}.`,
    `Use any of ${all.map((implementation) => implementation.name).join(", ")}.`,
  );
}
