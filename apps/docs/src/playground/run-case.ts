import {
  type Case,
  cpuImplementations,
  findImplementation,
  type Implementation,
  measureCase,
} from "@papilio/bench";
import { type Ranked, summarizeCase } from "@papilio/bench/analysis";
import { type CaseResult, type Environment, formatRecord, SCHEMA } from "@papilio/bench/results";
import { Chain } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { javascriptImplementations } from "./javascript-implementations.ts";
import type { RunRow } from "./messages.ts";
import type { Settings } from "./settings.ts";

const OPTIONS = { rounds: 7, minSample: 0.002, seed: 1 };
/** Without an adapter. Clocks of pages have steps of 0.1 ms and more, of which a sample has many. */
const CPU_OPTIONS = { ...OPTIONS, rounds: 5, minSample: 0.02 };
/** Entries of a dense matrix beyond which it is left out: it would take most of the time. */
const MOST_DENSE = 2 ** 22;
/** Multiplications beyond which JavaScript is left out: about a second each run. */
const MOST_IN_JAVASCRIPT = 2 ** 28;

/** What is compared: the fused kernel, the CPU backend, the three that people write, and plans for products. */
function comparedOn(gpu: Gpu | undefined, chain: Chain): readonly Implementation[] {
  if (gpu === undefined) return [...cpuImplementations, ...javascriptImplementations];
  const names = ["kronecker-sparse", "cpu-wasm", "bmm", "dense", "einsum"];
  return (chain.length === 1 ? names : ["planned", ...names]).map((name) =>
    findImplementation(name),
  );
}

/** Why a page does not wait for an implementation, or undefined where it does. */
function reasonAgainst(
  { name, processor }: Implementation,
  { chain, batch }: Case,
): string | undefined {
  const entries = chain.rows * chain.cols;
  if (processor !== "cpu") {
    return name === "dense" && entries > MOST_DENSE
      ? `A dense matrix of ${entries} entries takes too long for a page.`
      : undefined;
  }
  const inJavascript = javascriptImplementations.some((one) => one.name === name);
  const values = name === "dense" ? entries : chain.nonZeros;
  return inJavascript && batch * values > MOST_IN_JAVASCRIPT
    ? "It takes too long without a GPU."
    : undefined;
}

export interface Run {
  readonly rows: readonly RunRow[];
  /** A results file. */
  readonly file: string;
}

/**
 * Verifies and times what multiplies by a chain, on an adapter or without one in single precision on the CPU.
 *
 * @param onProgress called with what is being prepared
 * @throws whatever the device throws when it is lost; the signal's reason when it aborts
 */
export async function runCase(
  gpu: Gpu | undefined,
  environment: Environment,
  { chain: text, ...shape }: Settings,
  signal: AbortSignal,
  onProgress: (doing: string) => void,
): Promise<Run> {
  const chain = Chain.parse(text);
  const implementations = comparedOn(gpu, chain);
  const item: Case = { chain, ...shape, ...(gpu === undefined ? { dtype: "f32" } : {}) };
  const options = gpu === undefined ? CPU_OPTIONS : OPTIONS;
  const result = await measureCase(gpu, item, implementations, {
    ...options,
    cacheBytes: environment.cacheBytes ?? 0,
    clockStep: Math.max(environment.clockSteps.device ?? 0, environment.clockSteps.wall ?? 0),
    signal,
    onPrepare: ({ name }) => onProgress(`Compiling and verifying ${name}`),
    refuse: reasonAgainst,
  });
  return {
    rows: rowsOf(result, implementations),
    file: fileOf(result, { environment, options, implementations }),
  };
}

/** A results file of one case. */
function fileOf(
  result: CaseResult,
  {
    environment,
    options,
    implementations,
  }: {
    readonly environment: Environment;
    readonly options: typeof OPTIONS;
    readonly implementations: readonly Implementation[];
  },
): string {
  return [
    formatRecord({
      record: "run",
      schema: SCHEMA,
      environment,
      options: { ...options, maxRunSeconds: null },
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
function rowsOf(result: CaseResult, implementations: readonly Implementation[]): RunRow[] {
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
