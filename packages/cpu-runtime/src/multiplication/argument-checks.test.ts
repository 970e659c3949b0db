import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { expect, it } from "vitest";
import { cpu } from "./cpu.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const shape = { batch: 2, layout: "batch-first" } as const;
const matrix = Butterfly.random(Chain.parse("2,2,2,1"), { seed: 1 });
const numbers = [1, 2, 3, 4, 5, 6, 7, 8];

it("double precision is refused, and halves beside single", async () => {
  using packed = await compile(matrix, cpu());
  const exact = Float64Array.from(numbers) as unknown as Float32Array;
  await expect(packed.multiply(exact, shape)).rejects.toThrow(code("ARRAY_TYPE"));
  const out = new Uint16Array(8) as unknown as Float32Array;
  const mixed = packed.multiply(Float32Array.from(numbers), shape, { out });
  await expect(mixed).rejects.toThrow(code("ARRAY_TYPE"));
});
