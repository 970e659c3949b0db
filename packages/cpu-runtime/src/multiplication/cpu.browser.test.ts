import { Butterfly, Chain, compile, LAYOUTS } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { expect, it } from "vitest";
import { disposeCpuThreads } from "../engine/engine.ts";
import { verifyProduct } from "../testing/verify-product.ts";
import { cpu } from "./cpu.ts";

const butterfly = Butterfly.random(Chain.squareDyadic(256), { seed: 1 });
const x = Float32Array.from({ length: 256 * 100 }, uniform(2));

it("multiplies in threads in a page that is isolated", async () => {
  expect(crossOriginIsolated).toBe(true);
  using weights = await compile(butterfly, cpu({ threads: 2 }));
  expect(weights.report).toEqual({ kernel: "relaxed", threads: 2 });
  for (const layout of LAYOUTS) {
    const shape = { batch: 100, layout };
    for (let run = 0; run < 50; run++) {
      const y = await weights.multiply(x, shape);
      expect(verifyProduct(butterfly, x, y, shape, weights.terms(shape))).toMatchObject({
        ok: true,
      });
    }
  }
  disposeCpuThreads();
});

it("reads and writes arrays of its own memory where they are", async () => {
  using weights = await compile(butterfly, cpu());
  using from = weights.allocate(x.length);
  using to = weights.allocate(x.length);
  from.values.set(x);
  const shape = { batch: 100, layout: "batch-last" } as const;
  await weights.multiply(from.values, shape, { out: to.values });
  expect(verifyProduct(butterfly, x, to.values, shape, weights.terms(shape))).toMatchObject({
    ok: true,
  });
});

it("multiplies on one thread in a page that is not", async () => {
  // A page of another kind has no SharedArrayBuffer; its WebAssembly has shared memories all the same.
  const isolated = globalThis.SharedArrayBuffer;
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  try {
    using weights = await compile(butterfly, cpu());
    expect(weights.report).toMatchObject({ kernel: "relaxed", threads: 1 });
    expect(weights.report.reason).toMatch(/not cross-origin isolated/);
    const shape = { batch: 100, layout: "batch-first" } as const;
    const y = await weights.multiply(x, shape);
    expect(verifyProduct(butterfly, x, y, shape, weights.terms(shape))).toMatchObject({ ok: true });
  } finally {
    globalThis.SharedArrayBuffer = isolated;
  }
});
