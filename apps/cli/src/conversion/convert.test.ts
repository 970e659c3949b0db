import { readFileSync } from "node:fs";
import type { AnyButterfly, PermutedButterfly } from "@papilio/butterfly";
import {
  loadButterflies,
  readSafetensors,
  type TensorToWrite,
  toComplex,
  toReal,
  writeNpy,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { describe, expect, it } from "vitest";
import { papilio, refusal } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

/** Numbers that differ, and that float32 holds exactly. */
function numbers(length: number, seed = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, index) => (((index + seed) * 37) % 101) / 64 - 0.75);
}

type Dense = number[][];

function zeros(rows: number, cols: number): Dense {
  return Array.from({ length: rows }, () => new Array<number>(cols).fill(0));
}

function product(left: Dense, right: Dense): Dense {
  return left.map((row) =>
    (right[0] as number[]).map((_, col) =>
      row.reduce(
        (sum, value, index) => sum + value * ((right[index] as number[])[col] as number),
        0,
      ),
    ),
  );
}

/** The matrix of values [a, b, c, d], by its definition: entry (i, j, k) of block (i, l) at rows (i, j, l), columns (i, k, l). */
function kroneckerSparse(
  [a, b, c, d]: readonly [number, number, number, number],
  at: (i: number, j: number, k: number, l: number) => number,
): Dense {
  const dense = zeros(a * b * d, a * c * d);
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++)
        for (let l = 0; l < d; l++)
          (dense[(i * b + j) * d + l] as number[])[(i * c + k) * d + l] = at(i, j, k, l);
  return dense;
}

/** What a Monarch layer does: blocks, a transposition of what they give, blocks, and a transposition back. */
function monarch(
  [k, q, p]: readonly [number, number, number],
  first: Float32Array,
  [l, s, r]: readonly [number, number, number],
  second: Float32Array,
): Dense {
  const dense = zeros(s * l, k * p);
  for (let input = 0; input < k * p; input++) {
    const block = Math.floor(input / p);
    // [k, q], transposed to [q, k], taken as [l, r].
    const middle = new Float64Array(l * r);
    for (let j = 0; j < q; j++) {
      const flat = j + block * q;
      middle[(flat % l) * r + Math.floor(flat / l)] = first[
        (block * q + j) * p + (input % p)
      ] as number;
    }
    for (let g = 0; g < l; g++)
      for (let j = 0; j < s; j++) {
        let sum = 0;
        for (let i = 0; i < r; i++)
          sum += (second[(g * s + j) * r + i] as number) * (middle[g * r + i] as number);
        (dense[j * l + g] as number[])[input] = sum;
      }
  }
  return dense;
}

function denseOf({ matrix }: PermutedButterfly<AnyButterfly>): Dense {
  const dense = matrix.dense() as Float32Array | { re: Float32Array };
  const values = "re" in dense ? dense.re : dense;
  const { rows, cols } = matrix.chain;
  return Array.from({ length: rows }, (_, row) => [
    ...values.subarray(row * cols, (row + 1) * cols),
  ]);
}

function expectClose(found: Dense, right: Dense): void {
  expect([found.length, found[0]?.length]).toEqual([right.length, right[0]?.length]);
  for (const [row, values] of found.entries())
    for (const [col, value] of values.entries())
      expect(Math.abs(value - ((right[row] as number[])[col] as number))).toBeLessThan(1e-5);
}

async function convert(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await papilio("convert", ...args);
  expect(status, stderr).toBe(0);
  return stdout;
}

function saved(name: string, ...tensors: readonly TensorToWrite[]): string {
  return folder.write(name, writeSafetensors(tensors));
}

function butterfliesIn(file: string): Map<string, PermutedButterfly<AnyButterfly>> {
  return loadButterflies(new Uint8Array(readFileSync(file)));
}

describe("papilio convert", () => {
  const f32 = (name: string, shape: number[], values: Float32Array): TensorToWrite => ({
    ...{ name, dtype: "F32", shape, values },
  });

  it("reads Monarch layers, keeps what is beside them, and writes them again", async () => {
    const [first, second] = [numbers(2 * 4 * 3), numbers(4 * 5 * 2, 9)];
    const file = saved(
      "monarch.safetensors",
      f32("mlp.fc1.blkdiag1", [2, 4, 3], first),
      f32("mlp.fc1.blkdiag2", [4, 5, 2], second),
      f32("mlp.fc1.bias", [20], numbers(20)),
    );
    const out = folder.at("from-monarch.safetensors");
    const report = JSON.parse(await convert(file, out, "--json"));
    expect(report).toMatchObject({
      butterflies: [{ name: "mlp.fc1", convention: "monarch", rows: 20, cols: 6, parameters: 64 }],
      others: 1,
    });
    const matrix = butterfliesIn(out).get("mlp.fc1") as PermutedButterfly<AnyButterfly>;
    expectClose(denseOf(matrix), monarch([2, 4, 3], first, [4, 5, 2], second));
    const back = folder.at("back-to-monarch.safetensors");
    await convert(out, back, "--as", "monarch");
    const { tensors } = readSafetensors(new Uint8Array(readFileSync(back)));
    const names = ["mlp.fc1.blkdiag1", "mlp.fc1.blkdiag2", "mlp.fc1.bias"];
    expect([...tensors.keys()].toSorted()).toEqual(names.toSorted());
    const values = names.map((name) => {
      const tensor = tensors.get(name);
      return tensor && toReal(tensor, "float32");
    });
    expect(values).toEqual([first, second, numbers(20)]);
  });

  it.each(["abcd", "adcb", "adbc"] as const)(
    "reads factors with axes in the order %s, from npy files and from one file",
    async (layout) => {
      const sizes = { a: 2, b: 3, c: 4, d: 2 };
      const right = { a: 1, b: 8, c: 3, d: 2 };
      const shapes = [sizes, right].map((size) => [...layout].map((axis) => size[axis as "a"]));
      const values = [numbers(48), numbers(48, 5)];
      const dense = [sizes, right].map(({ a, b, c, d }, factor) =>
        kroneckerSparse([a, b, c, d], (i, j, k, l) => {
          const place = { a: i, b: j, c: k, d: l };
          const [n, m, o, p] = [...layout].map((axis) => place[axis as "a"]) as [
            number,
            number,
            number,
            number,
          ];
          const [, M, O, P] = shapes[factor] as [number, number, number, number];
          return values[factor]?.[((n * M + m) * O + o) * P + p] as number;
        }),
      ) as [Dense, Dense];
      const all = product(dense[0], dense[1]);
      const npy = [0, 1].map((index) =>
        folder.write(
          `${layout}${index}.npy`,
          writeNpy(values[index] as Float32Array, shapes[index] as number[]),
        ),
      );
      const file = saved(
        `${layout}.safetensors`,
        ...[1, 0].map((index) =>
          f32(`m.${index}`, shapes[index] as number[], values[index] as Float32Array),
        ),
      );
      const out = folder.at(`from-${layout}.safetensors`);
      for (const [name, inputs] of [
        [layout, npy],
        ["m", [file]],
      ] as const) {
        await convert(...inputs, out, "--layout", layout);
        expectClose(denseOf(butterfliesIn(out).get(name) as PermutedButterfly<AnyButterfly>), all);
      }
      const back = folder.at(`back-to-${layout}.safetensors`);
      await convert(out, back, "--as", "values", "--layout-to", layout);
      const { tensors } = readSafetensors(new Uint8Array(readFileSync(back)));
      for (const index of [0, 1]) {
        const tensor = tensors.get(`m.${index}`);
        expect(tensor?.shape).toEqual(shapes[index]);
        expect(tensor && toReal(tensor, "float32")).toEqual(values[index]);
      }
    },
  );

  it.each([true, false])("reads complex twiddles, increasing strides: %s", async (increasing) => {
    const [re, im] = [numbers(3 * 4 * 4), numbers(3 * 4 * 4, 3)];
    const shape = [1, 1, 3, 4, 2, 2];
    const twiddle: TensorToWrite = { name: "l.twiddle", dtype: "C64", shape, values: { re, im } };
    const file = saved("twiddle.safetensors", twiddle);
    const out = folder.at("from-twiddle.safetensors");
    const stride = increasing ? [] : ["--decreasing-stride"];
    const report = JSON.parse(await convert(file, out, "--json", ...stride));
    expect(report.butterflies).toMatchObject([{ name: "l", complex: true, rows: 8 }]);
    // Each level, by its definition, on pairs of features 2^i apart.
    const complex = (level: number, pair: number, entry: number): [number, number] => {
      const at = (level * 4 + pair) * 4 + entry;
      return [re[at] as number, im[at] as number];
    };
    let right = Array.from({ length: 8 }, (_, row) => {
      const unit = new Array<[number, number]>(8).fill([0, 0]);
      return unit.map((_, col): [number, number] => [Number(row === col), 0]);
    });
    for (let step = 0; step < 3; step++) {
      const stride = increasing ? 2 ** step : 2 ** (2 - step);
      const next = right.map((row) => row.map((): [number, number] => [0, 0]));
      for (let pair = 0; pair < 4; pair++) {
        const low = Math.floor(pair / stride) * 2 * stride + (pair % stride);
        for (const [to, place] of [low, low + stride].entries())
          for (const [from, source] of [low, low + stride].entries()) {
            const [x, y] = complex(step, pair, 2 * to + from);
            for (let col = 0; col < 8; col++) {
              const [p, q] = (right[source] as [number, number][])[col] as [number, number];
              const sum = (next[place] as [number, number][])[col] as [number, number];
              sum[0] += x * p - y * q;
              sum[1] += x * q + y * p;
            }
          }
      }
      right = next;
    }
    const matrix = butterfliesIn(out).get("l") as PermutedButterfly<AnyButterfly>;
    expectClose(
      denseOf(matrix),
      right.map((row) => row.map(([real]) => real)),
    );
    const back = folder.at("back-to-twiddle.safetensors");
    await convert(out, back, "--as", "twiddle", ...stride);
    const tensor = readSafetensors(new Uint8Array(readFileSync(back))).tensors.get("l.twiddle");
    expect(tensor?.shape).toEqual(shape);
    expect(tensor && toComplex(tensor, "float32")).toEqual({ re, im });
  });

  it("refuses what it cannot convert, and writes nothing then", async () => {
    const dense = saved("dense.safetensors", f32("weight", [4, 4], numbers(16)));
    const one = saved("one.safetensors", f32("weight", [1, 2, 3, 2], numbers(12)));
    const flat = folder.write("flat.npy", writeNpy(numbers(12), [12]));
    const out = folder.at("refused.safetensors");
    for (const [code, ...args] of [
      ["TENSOR_MISSING", dense, out],
      ["TENSOR_SHAPE", one, out, "--as", "monarch"],
      ["TENSOR_SHAPE", one, out, "--as", "twiddle"],
      ["TENSOR_SHAPE", flat, out],
      ["FLAG_INVALID", one, dense, out],
      ["FLAG_INVALID", one],
      ["FLAG_INVALID", one, out, "--layout", "dcba"],
      ["OUTPUT_IS_INPUT", one, one],
    ] as const) {
      const { status, line } = await refusal("convert", ...args);
      expect({ args, status, line }).toEqual({
        args,
        status: 2,
        line: expect.stringContaining(`error ${code}: `),
      });
    }
    expect(() => readFileSync(out)).toThrow("ENOENT");
  });
});
