import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { Butterfly } from "../butterfly-matrix.ts";
import { Chain } from "../chain.ts";
import { ComplexButterfly } from "../complex/complex-butterfly.ts";
import { CpuButterfly } from "../cpu/cpu-butterfly.ts";
import { CpuComplexButterfly } from "../cpu/cpu-complex-butterfly.ts";
import { zeroParts } from "../factorization/parts.ts";
import { splitOf } from "../factorization/split.ts";
import { LocalSplitter } from "../factorization/splitter.ts";
import { WorkerSplitter } from "../factorization/worker-splitter.ts";
import { Pattern } from "../pattern.ts";

const sources = resolve(import.meta.dirname, "..");
const matrix = Butterfly.random(Chain.monarch(64), { seed: 1 });
const shape = { batch: 1, layout: "batch-first" } as const;
const x = new Float32Array(64);
const split = splitOf(new Pattern(1, 4, 2, 2), new Pattern(2, 2, 4, 1));
const product = zeroParts(split.product.nonZeros, false);

/** Each disposable, and the uses that it refuses once it was disposed of. */
interface Case {
  readonly make: () => Promise<Disposable> | Disposable;
  readonly uses: readonly ((disposed: never) => unknown)[];
  readonly code: string;
}

const splits = [
  (splitter: LocalSplitter) => splitter.split(product, split, "left"),
  (splitter: LocalSplitter) => splitter.dropped(product, split),
];

const cases: Readonly<Record<string, Case>> = {
  CpuButterfly: {
    make: () => CpuButterfly.create(matrix),
    uses: [
      (weights: CpuButterfly) => weights.multiply(x, shape),
      (weights: CpuButterfly) => weights.allocate(1),
    ],
    code: "CPU_DISPOSED",
  },
  CpuComplexButterfly: {
    make: () => CpuComplexButterfly.create(ComplexButterfly.fromReal(matrix)),
    uses: [
      (weights: CpuComplexButterfly) => weights.multiply({ re: x, im: x }, shape),
      (weights: CpuComplexButterfly) => weights.allocate(1),
    ],
    code: "CPU_DISPOSED",
  },
  CpuArray: {
    make: async () => (await CpuButterfly.create(matrix)).allocate(1),
    uses: [(array: { readonly values: Float32Array }) => array.values],
    code: "CPU_ARRAY_DISPOSED",
  },
  LocalSplitter: {
    make: () => new LocalSplitter(() => undefined, undefined),
    uses: splits,
    code: "SPLITTER_DISPOSED",
  },
  WorkerSplitter: {
    make: () => new WorkerSplitter(1, () => undefined, undefined),
    uses: splits,
    code: "SPLITTER_DISPOSED",
  },
};

it.each(Object.entries(cases))(
  "%s is disposed of once, however often, and of no use then",
  async (_, { make, uses, code }) => {
    const disposable = await make();
    for (let time = 0; time < 3; time++) disposable[Symbol.dispose]();
    for (const use of uses) {
      const used = async (): Promise<unknown> => await use(disposable as never);
      await expect(used()).rejects.toThrow(expect.objectContaining({ code }));
    }
  },
);

it("threads that are disposed of in the middle of a split reject it", async () => {
  const splitter = new WorkerSplitter(1, () => undefined, undefined);
  const late = splitter.split(product, split, "left");
  splitter[Symbol.dispose]();
  await expect(late).rejects.toThrow(expect.objectContaining({ code: "SPLITTER_DISPOSED" }));
});

it("those are all disposables of the package", () => {
  const found = globSync("**/*.ts", { cwd: sources })
    .filter((path) => !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const source = readFileSync(resolve(sources, path), "utf8");
      const declared = source.matchAll(
        /(?:class (\w+)(?:<.*>)? implements|interface (\w+) extends) .*(?:Dispos|Splitter)/g,
      );
      return [...declared].map(([, name, declaration]) => name ?? declaration);
    });
  // `PackedChain` is in the matrices, `Splitter` is what both splitters are, and the stack is as the
  // standard has it: a ReferenceError.
  const others = ["PackedChain", "PortableDisposableStack", "Splitter"];
  expect(found.toSorted()).toEqual([...Object.keys(cases), ...others].sort());
});
