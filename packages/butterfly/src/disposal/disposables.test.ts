import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { splitOf } from "../factorization/split.ts";
import { LocalSplitter } from "../factorization/splitter.ts";
import { WorkerSplitter } from "../factorization/worker-splitter.ts";
import { Pattern } from "../pattern/pattern.ts";

const sources = resolve(import.meta.dirname, "..");
const split = splitOf(new Pattern(1, 4, 2, 2), new Pattern(2, 2, 4, 1));
const product = { re: new Float64Array(split.product.nonZeros), im: undefined };

/** Each disposable, and the uses that it refuses once it was disposed of. */
interface Case {
  readonly make: () => Disposable;
  readonly uses: readonly ((disposed: never) => unknown)[];
}

const disposedOf = expect.objectContaining({ code: "SPLITTER_DISPOSED" });

const splits = [
  (splitter: LocalSplitter) => splitter.split(product, split, "left"),
  (splitter: LocalSplitter) => splitter.truncationError(product, split),
];

const cases: Readonly<Record<string, Case>> = {
  LocalSplitter: {
    make: () => new LocalSplitter(() => undefined, {}),
    uses: splits,
  },
  WorkerSplitter: {
    make: () => new WorkerSplitter(1, () => undefined, {}),
    uses: splits,
  },
};

it.each(Object.entries(cases))(
  "%s can be disposed of twice, and refuses every use after that",
  async (_, { make, uses }) => {
    const disposable = make();
    for (let time = 0; time < 3; time++) disposable[Symbol.dispose]();
    for (const use of uses) {
      const used = async (): Promise<unknown> => await use(disposable as never);
      await expect(used()).rejects.toThrow(disposedOf);
    }
  },
);

it("threads that are disposed of in the middle of a split reject it", async () => {
  const splitter = new WorkerSplitter(1, () => undefined, {});
  // Large enough for a thread.
  const large = splitOf(new Pattern(1, 32, 16, 16), new Pattern(16, 16, 32, 1));
  const zeros = { re: new Float64Array(large.product.nonZeros), im: undefined };
  const late = splitter.split(zeros, large, "left");
  splitter[Symbol.dispose]();
  await expect(late).rejects.toThrow(disposedOf);
});

it("the cases are all disposables of the package", () => {
  const found = globSync("**/*.ts", { cwd: sources })
    .filter((path) => !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const source = readFileSync(resolve(sources, path), "utf8");
      const declared = source.matchAll(
        /(?:class (\w+)(?:<.*>)? implements|interface (\w+) extends) .*(?:Dispos|Splitter)/g,
      );
      return [...declared].map(([, name, declaration]) => name ?? declaration);
    });
  // `Splitter` is what both splitters are, and the stack is as the standard has it: a ReferenceError.
  // A clock is one search's, which nobody else sees.
  const others = ["PortableDisposableStack", "SearchClock", "Splitter"];
  expect(found.toSorted()).toEqual([...Object.keys(cases), ...others].sort());
});
