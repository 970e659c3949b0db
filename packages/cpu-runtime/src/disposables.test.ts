import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Butterfly, Chain, compile } from "@papilio/butterfly";
import { expect, it } from "vitest";
import { type CpuMatrix, type CpuVectors, cpu } from "./index.ts";
import {
  CpuProgram,
  KeptVectors,
  type OpenCpu,
  type OpenEngine,
  openCpu,
  ProgramRecorder,
} from "./kernels.ts";

const matrix = Butterfly.random(Chain.monarch(64), { seed: 1 });
const shape = { batch: 1, layout: "batch-first" } as const;
const x = new Float32Array(64);

/** Each disposable, and the uses that it refuses once it was disposed of. */
interface Case {
  readonly make: () => Promise<Disposable>;
  readonly uses: readonly ((disposed: never) => unknown)[];
  readonly code: string;
}

const cases: Readonly<Record<string, Case>> = {
  CpuMatrix: {
    make: () => compile(matrix, cpu()),
    uses: [
      (weights: CpuMatrix<CpuVectors>) => weights.multiply(x, shape),
      (weights: CpuMatrix<CpuVectors>) => weights.plan(shape),
      (weights: CpuMatrix<CpuVectors>) => weights.terms(shape),
      (weights: CpuMatrix<CpuVectors>) => weights.allocate(1),
    ],
    code: "MATRIX_DISPOSED",
  },
  CpuProgram: {
    make: async () => {
      const recorder = new ProgramRecorder();
      recorder.output(recorder.input(2, 3));
      return CpuProgram.record((await openCpu(1)) as OpenCpu & OpenEngine, recorder);
    },
    uses: [
      (program: CpuProgram) => program.run([new Float32Array(6)]),
      (program: CpuProgram) => program.timeOperations(),
    ],
    code: "CPU_DISPOSED",
  },
  KeptVectors: {
    make: async () => {
      const { engine } = (await openCpu(1)) as OpenEngine;
      return new KeptVectors(engine, { vectors: 2, features: 3, layout: "tiles" });
    },
    uses: [
      (vectors: KeptVectors) => vectors.read(),
      (vectors: KeptVectors) => vectors.write(new Float32Array(6)),
    ],
    code: "CPU_DISPOSED",
  },
  CpuArray: {
    make: async () => (await compile(matrix, cpu())).allocate(1),
    uses: [(array: { readonly values: Float32Array }) => array.values],
    code: "CPU_ARRAY_DISPOSED",
  },
};

it.each(Object.entries(cases))(
  "%s can be disposed of twice, and refuses every use after that",
  async (_, { make, uses, code }) => {
    const disposable = await make();
    for (let time = 0; time < 3; time++) disposable[Symbol.dispose]();
    for (const use of uses) {
      const used = async (): Promise<unknown> => await use(disposable as never);
      await expect(used()).rejects.toThrow(expect.objectContaining({ code }));
    }
  },
);

it("the cases are all disposables of the package", () => {
  const found = globSync("**/*.ts", { cwd: import.meta.dirname })
    .filter((path) => !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const source = readFileSync(resolve(import.meta.dirname, path), "utf8");
      const declared = source.matchAll(
        /(?:class (\w+)(?:<.*>)? (?:implements|extends)|interface (\w+)(?:<.*>)? extends) .*(?:Disposable|CompiledMatrix)/g,
      );
      return [...declared].map(([, name, declaration]) => name ?? declaration);
    });
  // `PackedChain` is in the matrices.
  expect(found.toSorted()).toEqual([...Object.keys(cases), "PackedChain"].sort());
});
