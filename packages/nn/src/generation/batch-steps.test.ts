import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { BATCHED } from "../testing/batched-sequences.ts";
import { difference } from "../testing/draw.ts";
import { batchStepsOnCpu } from "./batch-steps.ts";

const VOCABULARY = 40;
const gpt2 = new Gpt2({
  ...{ vocabulary: VOCABULARY, features: 16, layers: 2, heads: 2, positions: 48, seed: 4 },
});
const SIZES = { context: 40, chunk: 8, most: 32, pages: 70 };

describe.each([
  ["a Llama", BATCHED.model],
  ["GPT-2", gpt2],
])("steps of %s", (_, model) => {
  it.each(["wasm", "reference"] as const)(
    "by %s give each sequence the logits of the model, of the same bits beside any number of others",
    async (kernels) => {
      using steps = batchStepsOnCpu(model, SIZES, { kernels });
      const ids = Array.from({ length: 36 }, (_, index) => (7 * index + 3) % VOCABULARY);
      const whole = new CpuModel(model.trace({ tokens: ids.length }), { precision: "float64" });
      const { logits: expected } = whole.runNow({ ids: Uint32Array.from(ids) });
      const pages = [68, 1];
      for (let position = 0; position < 32; position += 8) {
        expect(steps.readable(position, 36 - position)).toBe(8);
        await steps.read(ids.slice(position, position + 8), position, pages, undefined);
      }
      // To the end of the context, and no further.
      expect([steps.readable(32, 8), steps.readable(36, 4)]).toEqual([8, 4]);
      for (let position = 32; position < 36; position++) {
        const own = { id: ids[position] as number, position, pages };
        const others = Array.from({ length: 31 }, (_, index) => {
          return { id: index, position: (5 * index) % 40, pages: [2 * index + 2, 2 * index + 3] };
        });
        const found: Float32Array[] = [];
        for (const count of [0, 3, 7, 8, 15, 31]) {
          const logits = await steps.decode([...others.slice(0, count), own], undefined);
          expect(logits.length).toBe(count + 1);
          found.push(logits[count] as Float32Array);
        }
        const right = (expected as Float64Array).subarray(
          position * VOCABULARY,
          (position + 1) * VOCABULARY,
        );
        expect(difference(found[0] as Float32Array, right).error).toBeLessThan(1e-5);
        for (const logits of found) expect(logits).toEqual(found[0]);
      }
    },
  );
});
