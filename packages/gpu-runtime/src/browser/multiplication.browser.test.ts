import { KroneckerSparse, LAYOUTS, Pattern, type StorageDtype } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareBmm } from "../multiplication/bmm.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import type { PrepareMultiplication } from "../multiplication/multiplication.ts";
import type { Gpu } from "../place/gpu.ts";
import { openGpu } from "../place/open.ts";
import { runCase } from "../testing/run-case.ts";

const preparations: Record<string, PrepareMultiplication> = {
  "kronecker-sparse": prepareKroneckerSparse,
  bmm: prepareBmm,
};

// A few of the cases that Node's tests have: what differs is the browser's compiler and its limits.
const cases: [pattern: string, batch: number][] = [
  ["3,5,7,6", 13],
  ["2,16,8,4", 32],
  ["2,8,32,1", 16],
  ["1,1,1,4", 20],
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.dispose());

describe.each(Object.entries(preparations))("%s in a browser", (_, prepare) => {
  describe.each(LAYOUTS)("%s", (layout) => {
    it.for(cases)("multiplies by %s with a batch of %i in f32", ([text, batch]) =>
      expectRight(text, batch, "f32"),
    );

    it.for(cases)("multiplies by %s with a batch of %i in f16", async ([text, batch], { skip }) => {
      skip(!gpu.report.features.f16, "the adapter has no half precision");
      await expectRight(text, batch, "f16");
    });

    async function expectRight(text: string, batch: number, dtype: StorageDtype): Promise<void> {
      const factor = KroneckerSparse.random(Pattern.parse(text), { seed: 3 });
      const found = await runCase(gpu, factor, { batch, layout, dtype }, (stored) =>
        prepare(gpu, stored, { batch, layout, dtype }),
      );
      expect(found).toMatchObject({ ok: true, nonFinite: 0 });
    }
  });
});
