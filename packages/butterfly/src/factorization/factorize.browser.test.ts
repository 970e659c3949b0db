import { expect, it } from "vitest";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { factorize } from "./factorize.ts";

const chain = Chain.squareDyadic(128);
const target = Float64Array.from({ length: 128 * 128 }, uniform(1));

it("factorizes in a browser, in threads where the page is isolated", async () => {
  expect(crossOriginIsolated).toBe(true);
  const alone = await factorize(target, chain, { threads: 1 });
  const shares: number[] = [];
  const shared = await factorize(target, chain, {
    threads: 2,
    onProgress: (share) => shares.push(share),
  });
  expect(shared.matrix.factors).toEqual(alone.matrix.factors);
  // But for the order in which threads add up.
  expect(shared.error).toBeCloseTo(alone.error, 14);
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
