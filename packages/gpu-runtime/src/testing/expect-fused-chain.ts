import { Butterfly, type Chain } from "@papilio/butterfly";
import { expect } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { type FusedChainVariant, fusedChainName } from "../kernels/fused-chain/variant.ts";
import { prepareFusedChain } from "../multiplication/fused-chain.ts";
import { Program } from "../program/program.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { Tensor, tensor } from "../tensor/tensor.ts";
import { stored, verifyProduct } from "./run-butterfly.ts";
import { draw } from "./vectors-in-memory.ts";
import { withSharedBlocks } from "./with-shared-blocks.ts";

/** Runs a variant on random vectors and compares every output with the float64 product. */
export async function expectFusedChain(
  gpu: Gpu,
  chain: Chain,
  shape: InputShape,
  variant: FusedChainVariant,
  options: { readonly inPlace: boolean; readonly biased: boolean; readonly shared: boolean },
): Promise<void> {
  const { rows, cols } = chain;
  const random = stored(Butterfly.random(chain, { seed: 9 }), shape);
  const butterfly = options.shared ? withSharedBlocks(random) : random;
  const values = draw(shape.batch * cols, shape.dtype);
  // A bias that is as large as an output is verified by taking it off again.
  const bias = options.biased ? Float32Array.from({ length: rows }, (_, q) => q % 3) : undefined;
  using fused = prepareFusedChain(gpu, butterfly, shape, {
    variant,
    inPlace: options.inPlace,
    ...(bias === undefined ? {} : { bias }),
  });
  using x = tensor(gpu, values, { ...shape, features: cols });
  using other = new Tensor(gpu, { ...shape, features: rows });
  other.write(new Float32Array(other.length).fill(Number.NaN));
  const y = options.inPlace ? x : other;
  using program = await Program.record(gpu, fused.steps(x, y));
  await Program.complete([program]);
  const actual = await y.data();
  if (bias !== undefined) {
    expect(shape.dtype).toBe("f32");
    actual.forEach((value, index) => {
      const feature =
        shape.layout === "batch-first" ? index % rows : Math.floor(index / shape.batch);
      actual[index] = value - (bias[feature] as number);
    });
  }
  const terms = chain.patterns.map(({ c }) => c);
  // Adding a bias of at most 2 and taking it off rounds like a few products of that size.
  const rounding = options.biased ? [...terms, 64] : terms;
  const found = verifyProduct(butterfly, values, actual, shape, rounding);
  expect(found, `${chain} ${JSON.stringify(shape)} ${fusedChainName(variant)}`).toMatchObject({
    ok: true,
    nonFinite: 0,
  });
}
