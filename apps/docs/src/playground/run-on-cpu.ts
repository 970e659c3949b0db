import type { CaseResult, ImplementationResult } from "@papilio/bench";
import {
  type BatchShape,
  Butterfly,
  Chain,
  KroneckerSparse,
  Pattern,
  verify,
} from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { CpuButterfly } from "@papilio/cpu-runtime";
import type { AdapterReport } from "@papilio/gpu-runtime";
import { pageEnvironment } from "./environment.ts";
import { fileOf, type Run, rowsOf } from "./run-on-gpu.ts";
import type { Settings } from "./settings.ts";

const ROUNDS = 5;
const SAMPLE_SECONDS = 0.02;
const MOST_REPEATS = 500;
/** Multiplications beyond which a way of multiplying is left out: about a second each run. */
const MOST_WORK = 2 ** 28;

/** What stands for an adapter in the results of a page that has none. */
const NO_ADAPTER: AdapterReport = {
  name: "no adapter: the CPU",
  vendor: "",
  architecture: "",
  driver: "",
  kind: "software",
  embedded: false,
  features: { f16: false, subgroups: null, timestamps: false },
  limits: {
    maxBufferSize: 0,
    maxStorageBufferBindingSize: 0,
    maxComputeWorkgroupStorageSize: 0,
    maxComputeInvocationsPerWorkgroup: 0,
    maxComputeWorkgroupsPerDimension: 0,
  },
  passedOver: [],
};

const WAYS = [
  {
    name: "cpu-wasm",
    description: "the CPU backend: WebAssembly with SIMD",
    processor: "cpu",
  },
  {
    name: "reference",
    description: "factor by factor, sums in float64, in JavaScript",
    processor: "cpu",
  },
  { name: "dense", description: "the dense matrix, in JavaScript", processor: "cpu" },
] as const;

/** A matrix that is ready to be multiplied by, in one of the ways. */
interface Prepared extends Disposable {
  readonly multiply: (x: Float32Array, shape: BatchShape) => Promise<Float32Array> | Float32Array;
  readonly terms: readonly number[];
  readonly bytes: number;
}

async function prepare(
  name: (typeof WAYS)[number]["name"],
  butterfly: Butterfly,
): Promise<Prepared> {
  const { chain } = butterfly;
  const terms = chain.patterns.map(({ c }) => c);
  const nothing = { [Symbol.dispose]: () => undefined };
  if (name === "cpu-wasm") {
    const weights = await CpuButterfly.create(butterfly);
    return {
      multiply: (x, shape) => weights.multiply(x, shape),
      terms: weights.terms,
      bytes: weights.bytes,
      [Symbol.dispose]: () => weights.dispose(),
    };
  }
  if (name === "reference") {
    const bytes = 4 * chain.nonZeros;
    return { multiply: (x, shape) => butterfly.apply(x, shape), terms, bytes, ...nothing };
  }
  const whole = new Pattern(1, chain.rows, chain.cols, 1);
  const dense = new KroneckerSparse(whole, butterfly.dense());
  return {
    multiply: (x, shape) => dense.apply(x, shape),
    // Products of factors are rounded once more when the dense matrix is made of them.
    terms: [chain.cols, ...terms],
    bytes: 4 * whole.nonZeros,
    ...nothing,
  };
}

/** Multiplies by a chain without an adapter: the CPU backend, the reference, and the dense matrix. */
export async function runOnCpu(settings: Settings, address: string): Promise<Run> {
  const chain = Chain.parse(settings.chain);
  const { batch, layout } = settings;
  const shape = { batch, layout };
  const butterfly = Butterfly.random(chain, { seed: 1 });
  const next = uniform(2);
  const x = Float32Array.from({ length: batch * chain.cols }, next);
  const double = Float64Array.from(x);
  const reference = asDouble(butterfly).apply(double, shape);
  const magnitude = asDouble(butterfly, Math.abs).apply(double.map(Math.abs), shape);
  const results: ImplementationResult[] = [];
  for (const { name } of WAYS) {
    const values = name === "dense" ? chain.rows * chain.cols : chain.nonZeros;
    if (batch * values > MOST_WORK && name !== "cpu-wasm") {
      const reason = "It takes too long without a GPU.";
      results.push({ implementation: name, status: "skipped", reason });
      continue;
    }
    const started = performance.now();
    using prepared = await prepare(name, butterfly);
    const y = await prepared.multiply(x, shape);
    const coldSeconds = (performance.now() - started) / 1000;
    const rounding = { dtype: "f32", terms: prepared.terms } as const;
    const verification = verify(y, reference, magnitude, rounding);
    if (!verification.ok) {
      results.push({ implementation: name, status: "wrong", verification });
      continue;
    }
    const { repeats, wall } = await sample(() => prepared.multiply(x, shape));
    results.push({
      implementation: name,
      status: "timed",
      verification,
      bytes: prepared.bytes,
      traffic: null,
      timing: { coldSeconds, repeats, wall, device: [], multiply: [], rewrite: [] },
      energy: null,
    });
  }
  const result: CaseResult = {
    chain: chain.toString(),
    batch,
    dtype: "f32",
    layout,
    verifiedVectors: batch,
    inputs: 1,
    seconds: null,
    results,
  };
  const environment = pageEnvironment(NO_ADAPTER, address);
  return { rows: rowsOf(result, WAYS), file: fileOf(result, environment, WAYS) };
}

/** Seconds of one run, as often as {@link ROUNDS} says, each the mean of `repeats`. */
async function sample(run: () => unknown): Promise<{ repeats: number; wall: number[] }> {
  const once = async (repeats: number): Promise<number> => {
    const started = performance.now();
    for (let repeat = 0; repeat < repeats; repeat++) await run();
    return (performance.now() - started) / 1000 / repeats;
  };
  // Clocks of pages have steps of 0.1 ms and more.
  const repeats = Math.min(MOST_REPEATS, Math.ceil(SAMPLE_SECONDS / Math.max(1e-6, await once(1))));
  const wall: number[] = [];
  for (let round = 0; round < ROUNDS; round++) wall.push(await once(repeats));
  return { repeats, wall };
}

function asDouble(
  butterfly: Butterfly,
  map: (value: number) => number = (value) => value,
): Butterfly<Float64Array> {
  return new Butterfly(
    butterfly.factors.map(
      ({ pattern, values }) => new KroneckerSparse(pattern, Float64Array.from(values, map)),
    ),
  );
}
