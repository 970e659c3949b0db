import { KroneckerSparse, LAYOUTS, Pattern, type StorageDtype } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import type { PrepareMultiplication } from "../multiplication/multiplication.ts";
import { runCase } from "./run-case.ts";

/** Tests of ways to multiply, in both layouts and precisions, on a device that is opened before them. */
export function describeMultiplications(
  gpu: () => Gpu,
  preparations: Readonly<Record<string, PrepareMultiplication>>,
  cases: readonly (readonly [pattern: string, batch: number])[],
): void {
  describe.each(Object.entries(preparations))("%s", (_, prepare) => {
    describe.each(LAYOUTS)("%s", (layout) => {
      it.for(cases)("multiplies by %s with a batch of %i in f32", ([text, batch]) =>
        expectRight(text, batch, "f32"),
      );

      it.for(cases)(
        "multiplies by %s with a batch of %i in f16",
        async ([text, batch], { skip }) => {
          skip(!gpu().report.features.f16, "the adapter has no half precision");
          await expectRight(text, batch, "f16");
        },
      );

      async function expectRight(text: string, batch: number, dtype: StorageDtype): Promise<void> {
        const factor = KroneckerSparse.random(Pattern.parse(text), { seed: 3 });
        const found = await runCase(gpu(), factor, { batch, layout, dtype }, (stored) =>
          prepare(gpu(), stored, { batch, layout, dtype }),
        );
        expect(found).toMatchObject({ ok: true, nonFinite: 0 });
      }
    });
  });
}
