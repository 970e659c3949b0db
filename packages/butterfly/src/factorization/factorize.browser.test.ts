import { expect, it } from "vitest";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";

// Large enough to start threads for: 169 blocks of 64 x 64.
const chain = Chain.parse("1,64,13,13; 13,13,64,1");
const target = Float64Array.from({ length: 832 * 832 }, uniform(1));

it("factorizes in a browser, in threads where the page is isolated", async () => {
  expect(crossOriginIsolated).toBe(true);
  const alone = await factorize(target, chain, { threads: 1 });
  const shares: number[] = [];
  const shared = await factorize(target, chain, {
    threads: 2,
    onProgress: (share) => shares.push(share),
  });
  expect(shared.matrix.factors).toEqual(alone.matrix.factors);
  expect(shared.error).toBe(alone.error);
  expect(shares.at(-1)).toBe(1);
});

it("stops its threads in a browser", async () => {
  const controller = new AbortController();
  const stopped = factorize(target, chain, {
    threads: 2,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await expect(stopped).rejects.toThrow("enough");
});
