import { CODE_GRIDS, FEW_BITS } from "@papilio/butterfly/numeric";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Kernel } from "../../device/kernel.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { runKernel } from "../../testing/run-kernel.ts";
import { range } from "../wgsl.ts";
import { storedCode, UNIT, unitBytes, unitReader } from "./few-bits-codes.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

/** Units one after the other, so that they begin at any byte of a word. */
function packUnits(codes: readonly number[], bits: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil((bits * codes.length) / 32) + 1);
  for (const [index, code] of codes.entries()) {
    for (let bit = 0; bit < bits; bit++) {
      const at = index * bits + bit;
      const word = Math.floor(at / 32);
      words[word] = ((words[word] as number) | (((code >> bit) & 1) << (at % 32))) >>> 0;
    }
  }
  return words;
}

it.each(FEW_BITS)(
  "every code of %s is read as its number, in every place of a unit",
  async (dtype) => {
    const { bits, numbers } = CODE_GRIDS[dtype];
    expect(unitBytes(dtype)).toBe(bits);
    const reader = unitReader(dtype, "w");
    // Each code in each of the eight places: a step of 9 moves by one place and by as many codes.
    const codes = range(8 * 256).map((index) => (index + Math.floor(index / 256)) % numbers.length);
    const units = codes.length / UNIT;
    const reads = range(UNIT).flatMap((input) => {
      const inHalf = input % 4;
      return [
        `y[3u * (unit * 8u + ${input}u)] = ${reader.number("codes", input)};`,
        `y[3u * (unit * 8u + ${input}u) + 1u] = ${reader.numberAt("codes", `(input + ${input}u)`)};`,
        `y[3u * (unit * 8u + ${input}u) + 2u] = half${(input - inHalf) / 4}[${inHalf}];`,
      ];
    });
    const kernel: Kernel = {
      label: `codes of ${dtype}`,
      enables: [],
      bindings: [
        { name: "w", elements: "u32", access: "read" },
        { name: "y", elements: "f32", access: "read-write" },
      ],
      wgsl: `${reader.declare}
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let unit = id.x;
  let input = unit * ${UNIT}u;
  let codes = unitAt(unit);
  let half0 = ${reader.numbers("codes", 0)};
  let half1 = ${reader.numbers("codes", 1)};
  ${reads.join("\n  ")}
}
`,
      workgroups: [units / 32, 1, 1],
    };
    const w = packUnits(codes.map(storedCode(dtype)), bits);
    const y = await runKernel(gpu, kernel, { w }, 3 * codes.length);
    const read = codes.flatMap((_, at) =>
      Number.isFinite(numbers[codes[at] as number]) ? [at] : [],
    );
    const found = read.map((at) => [...y.slice(3 * at, 3 * at + 3)].map((number) => number + 0));
    const expected = read.map((at) => Array(3).fill((numbers[codes[at] as number] as number) + 0));
    expect(found).toEqual(expected);
  },
);
