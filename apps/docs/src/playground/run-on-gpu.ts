import {
  type CaseResult,
  type Environment,
  findImplementation,
  formatRecord,
  type Implementation,
  measureCase,
  type Ranked,
  summarizeCase,
} from "@papilio/bench";
import { Chain } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import type { RunRow } from "./messages.ts";
import type { Settings } from "./settings.ts";

const OPTIONS = { rounds: 7, minSample: 0.002, seed: 1 };
/** Entries of a dense matrix beyond which it is left out: it would take most of the time. */
const MOST_DENSE = 2 ** 22;

/** What is compared: the fused kernel, the CPU backend, the three that people write, and plans for products. */
function contenders(chain: Chain): Implementation[] {
  const names = ["kronecker-sparse", "cpu-wasm", "bmm", "dense", "einsum"];
  return (chain.length === 1 ? names : ["planned", ...names]).map((name) =>
    findImplementation(name),
  );
}

export interface Run {
  readonly rows: readonly RunRow[];
  /** A results file. */
  readonly file: string;
}

/**
 * Verifies and times what multiplies by a chain.
 *
 * @param onProgress called with what is being prepared
 * @throws whatever the device throws when it is lost; the signal's reason when it aborts
 */
export async function runOnGpu(
  gpu: Gpu,
  environment: Environment,
  { chain: text, ...shape }: Settings,
  signal: AbortSignal,
  onProgress: (doing: string) => void,
): Promise<Run> {
  const chain = Chain.parse(text);
  const implementations = contenders(chain).map(
    (implementation): Implementation => ({
      ...implementation,
      prepare: (problem) => {
        onProgress(`Compiling and verifying ${implementation.name}`);
        return implementation.prepare(problem);
      },
    }),
  );
  const result = await measureCase(gpu, { chain, ...shape }, implementations, {
    ...OPTIONS,
    cacheBytes: environment.cacheBytes ?? 0,
    clockStep: Math.max(environment.clockSteps.device ?? 0, environment.clockSteps.wall ?? 0),
    signal,
    refuse: ({ name }) =>
      name === "dense" && chain.rows * chain.cols > MOST_DENSE
        ? `A dense matrix of ${chain.rows * chain.cols} entries takes too long for a page.`
        : undefined,
  });
  return {
    rows: rowsOf(result, implementations),
    file: fileOf(result, environment, implementations),
  };
}

/** A results file of one case. */
export function fileOf(
  result: CaseResult,
  environment: Environment,
  implementations: readonly Pick<Implementation, "name" | "description" | "processor">[],
): string {
  return [
    formatRecord({
      record: "run",
      schema: "papilio-bench/2",
      environment,
      options: { ...OPTIONS, maxRunSeconds: null },
      implementations: implementations.map(({ name, description, processor = "adapter" }) => ({
        name,
        description,
        processor,
      })),
    }),
    formatRecord({ record: "case", ...result }),
    formatRecord({ record: "end", date: new Date().toISOString() }),
  ].join("");
}

/** A case's results for the table, fastest first, then those without a time. */
export function rowsOf(
  result: CaseResult,
  implementations: readonly Pick<Implementation, "name" | "description">[],
): RunRow[] {
  const { ranking } = summarizeCase(result);
  const place = (name: string): number => {
    const index = ranking.findIndex(({ implementation }) => implementation === name);
    return index < 0 ? ranking.length : index;
  };
  const sorted = result.results.toSorted(
    (p, q) => place(p.implementation) - place(q.implementation),
  );
  return sorted.map((entry): RunRow => {
    const { implementation, status } = entry;
    const described = implementations.find(({ name }) => name === implementation);
    const ranked: Ranked | undefined = ranking[place(implementation)];
    return {
      implementation,
      description: described?.description ?? "",
      status,
      check:
        entry.status === "skipped"
          ? entry.reason
          : `${entry.verification.maxRatio.toPrecision(2)} of the bound`,
      cold: entry.status === "timed" ? entry.timing.coldSeconds : null,
      warm: ranked?.time ?? null,
      rewriting: ranked?.rewriting ?? null,
    };
  });
}
