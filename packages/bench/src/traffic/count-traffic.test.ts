import { Chain, LAYOUTS, type Layout, Pattern, type StorageDtype } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import type { Case } from "../cases/case.ts";
import { findSuite } from "../cases/suites.ts";
import { implementations } from "../implementations/registry.ts";
import { countTraffic } from "./count-traffic.ts";

const BYTES = { f32: 4, f16: 2 } as const;
const caseOf = (pattern: string, rest: Partial<Case> = {}): Case => ({
  chain: Chain.parse(pattern),
  batch: 32,
  dtype: "f32",
  layout: "batch-first",
  ...rest,
});

/** Accesses of subgroups, each a list of bytes `[array, first byte, bytes]`, workgroup by workgroup. */
type Access = readonly (readonly [array: string, first: number, bytes: number])[];

/** What is moved, counted byte by byte. */
function bruteForce(workgroups: readonly (readonly Access[])[]): object {
  const sum = { workgroups: 0, needed: 0, accesses: 0, asked: 0 };
  for (const accesses of workgroups) {
    const all = new Set<string>();
    for (const access of accesses) {
      const own = new Set<string>();
      for (const [array, first, bytes] of access) {
        for (let byte = first; byte < first + bytes; byte++) {
          own.add(`${array} ${byte}`);
          all.add(`${array} ${byte}`);
        }
      }
      sum.asked += own.size;
      sum.accesses += 32 * sectorsOf(own);
    }
    sum.needed += all.size;
    sum.workgroups += 32 * sectorsOf(all);
  }
  return sum;
}

function sectorsOf(bytes: ReadonlySet<string>): number {
  const sectors = [...bytes].map((byte) => {
    const [array, place] = byte.split(" ");
    return `${array} ${Math.floor(Number(place) / 32)}`;
  });
  return new Set(sectors).size;
}

/**
 * The accesses of the direct contraction as its documentation has them: an invocation for each output, in
 * memory order, 64 in a workgroup; each reads a value and an input in every turn, then writes.
 */
function contraction(
  { a, b, c, d }: Pattern,
  batch: number,
  layout: Layout,
  dtype: StorageDtype,
): Access[][] {
  const size = BYTES[dtype];
  const outputs: { n: number; i: number; j: number; k: number }[] = [];
  const eachFeature = (visit: (i: number, j: number, k: number) => void): void => {
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) for (let k = 0; k < d; k++) visit(i, j, k);
    }
  };
  if (layout === "batch-first") {
    for (let n = 0; n < batch; n++) eachFeature((i, j, k) => outputs.push({ n, i, j, k }));
  } else {
    eachFeature((i, j, k) => {
      for (let n = 0; n < batch; n++) outputs.push({ n, i, j, k });
    });
  }
  const at = (n: number, feature: number, features: number): number =>
    layout === "batch-first" ? n * features + feature : feature * batch + n;
  const workgroups: Access[][] = [];
  for (let first = 0; first < outputs.length; first += 64) {
    const accesses: Access[] = [];
    for (const half of [0, 32]) {
      const lanes = outputs.slice(first + half, Math.min(first + half + 32, first + 64));
      for (let l = 0; l < c; l++) {
        accesses.push(
          lanes.map(({ i, j, k }) => ["values", (((i * b + j) * c + l) * d + k) * size, size]),
        );
        accesses.push(
          lanes.map(({ n, i, k }) => ["x", at(n, (i * c + l) * d + k, a * c * d) * size, size]),
        );
      }
      accesses.push(
        lanes.map(({ n, i, j, k }) => ["y", at(n, (i * b + j) * d + k, a * b * d) * size, size]),
      );
    }
    workgroups.push(accesses);
  }
  return workgroups;
}

/**
 * The accesses of the product of compressed rows, batch-first: an invocation for each row of an entry. It reads
 * where its row starts, then for each value where the next row starts, the value, its column, and the input.
 */
function compressedRows({ a, b, c, d }: Pattern, batch: number): Access[][] {
  const rows = a * b * d;
  const workgroups: Access[][] = [];
  for (let first = 0; first < rows * batch; first += 64) {
    const accesses: Access[] = [];
    for (const half of [0, 32]) {
      const lanes = Array.from({ length: 32 }, (_, lane) => first + half + lane).filter(
        (index) => index < rows * batch,
      );
      const row = (index: number): number => index % rows;
      accesses.push(lanes.map((index) => ["starts", row(index) * 4, 4]));
      // The end is looked at once more than there are values.
      for (let e = 0; e <= c; e++) {
        accesses.push(lanes.map((index) => ["starts", (row(index) + 1) * 4, 4]));
        if (e === c) continue;
        accesses.push(lanes.map((index) => ["values", (row(index) * c + e) * 4, 4]));
        accesses.push(lanes.map((index) => ["indices", (row(index) * c + e) * 4, 4]));
        accesses.push(
          lanes.map((index) => {
            const column = Math.floor(row(index) / (b * d)) * c * d + e * d + (row(index) % d);
            return ["x", (Math.floor(index / rows) * a * c * d + column) * 4, 4];
          }),
        );
      }
      accesses.push(lanes.map((index) => ["y", index * 4, 4]));
    }
    workgroups.push(accesses);
  }
  return workgroups;
}

describe("bytes moved", () => {
  it.each([
    ["2,3,5,4", 32],
    ["1,4,4,16", 7],
    ["3,2,7,3", 33],
  ])("of a contraction of %s are those of its accesses, counted byte by byte", (text, batch) => {
    const pattern = Pattern.parse(text);
    for (const layout of LAYOUTS) {
      for (const dtype of ["f32", "f16"] as const) {
        const counted = countTraffic("einsum", caseOf(text, { batch, layout, dtype }), {
          workgroups: 10_000,
        });
        expect(counted).toMatchObject(bruteForce(contraction(pattern, batch, layout, dtype)));
        const { cols, rows, nonZeros } = pattern;
        expect(counted.least).toBe(BYTES[dtype] * (batch * (cols + rows) + nonZeros));
      }
    }
  });

  it.each([
    ["2,3,5,4", 9],
    ["1,4,8,3", 32],
  ])("of compressed rows of %s follow the indices that were uploaded", (text, batch) => {
    const counted = countTraffic("csr", caseOf(text, { batch }), { workgroups: 10_000 });
    expect(counted).toMatchObject(bruteForce(compressedRows(Pattern.parse(text), batch)));
  });

  it("are three times the vectors for what shuffles them, and once for what does not", () => {
    const item = caseOf("4,8,8,4", { batch: 256 });
    const vectors = 2 * 4 * 256 * 128;
    const { memory, least } = countTraffic("kronecker-sparse", item);
    expect(memory).toBe(least);
    expect(countTraffic("bmm", item)).toMatchObject({ memory: least + 2 * vectors });
    expect(countTraffic("bmm", caseOf("16,8,8,1", { batch: 256 }))).toMatchObject({
      memory: least,
    });
  });

  it("are counted of as many workgroups as are asked for, about the same", () => {
    const item = caseOf("2,8,8,8", { batch: 512 });
    const all = countTraffic("einsum", item, { workgroups: 10_000 });
    const some = countTraffic("einsum", item, { workgroups: 40 });
    expect(some.workgroups / all.workgroups).toBeCloseTo(1, 1);
  });

  it("of the fused kernel are in sectors that it uses whole, in both layouts", () => {
    for (const pattern of [
      "2,48,48,8",
      "1,64,64,12",
      "3,48,48,3",
      "1,4,4,16",
      "2,20,6,32",
      "1,96,96,1",
    ]) {
      for (const layout of LAYOUTS) {
        for (const dtype of ["f32", "f16"] as const) {
          const item = caseOf(pattern, { batch: 64, layout, dtype });
          const { workgroups, needed, memory, least } = countTraffic("kronecker-sparse", item, {
            workgroups: 12,
          });
          expect(workgroups / needed, `${pattern} ${layout} ${dtype}`).toBeLessThanOrEqual(1.1);
          expect(memory / least).toBeLessThanOrEqual(1.1);
        }
      }
    }
  });

  it("are known of every implementation that is compared", () => {
    for (const { name } of implementations) {
      const { least, memory, kernels } = countTraffic(name, caseOf("2,4,6,4"), { workgroups: 4 });
      expect(memory).toBeGreaterThanOrEqual(least);
      expect(kernels.length).toBe(["bmm", "bsr"].includes(name) ? 3 : 1);
    }
  });

  it("have a suite of forty factors", () => {
    const { chains } = findSuite("traffic");
    expect(new Set(chains.map(String)).size).toBe(40);
  });
});

it.each([
  ["nothing", caseOf("2,2,2,2"), {}, "IMPLEMENTATION_UNKNOWN"],
  ["planned", caseOf("2,2,2,2"), {}, "IMPLEMENTATION_UNKNOWN"],
  ["bmm", caseOf("1,4,4,4;4,4,4,1"), {}, "TRAFFIC_OF_CHAIN"],
  ["bmm", caseOf("2,2,2,2", { operation: "gradient" }), {}, "OPERATION_MISMATCH"],
  ["bmm", caseOf("1,64,64,64", { batch: 2 ** 20 }), {}, "BUFFER_TOO_LARGE"],
  ["bmm", caseOf("2,2,2,2", { dtype: "f64" }), {}, "OPTION_INVALID"],
  ["bmm", caseOf("2,2,2,2"), { workgroups: 0 }, "OPTION_INVALID"],
] as const)("%s of %s with %o is refused with %s", (name, item, options, code) => {
  expect(() => countTraffic(name, item, options)).toThrow(expect.objectContaining({ code }));
});
