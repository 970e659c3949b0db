import type { CaseResult, ImplementationResult } from "@papilio/bench";
import { Butterfly, Chain, KroneckerSparse, Pattern, uniform, verify } from "@papilio/butterfly";
import type { AdapterReport } from "@papilio/gpu-runtime";
import { pageEnvironment } from "./environment.ts";
import { fileOf, type Run, rowsOf } from "./run-on-gpu.ts";
import type { Settings } from "./settings.ts";

const ROUNDS = 5;
/** Multiplications beyond which a way of multiplying is left out: about a second each run. */
const MOST_WORK = 2 ** 28;

/** What stands for an adapter in the results of a page that has none. */
const NO_ADAPTER: AdapterReport = {
  name: "no adapter: JavaScript on the CPU",
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
    name: "reference",
    description: "factor by factor, sums in float64, in JavaScript",
    processor: "cpu",
  },
  { name: "dense", description: "the dense matrix, in JavaScript", processor: "cpu" },
] as const;

/** Multiplies by a chain without an adapter: the reference multiplication and the dense matrix. */
export function runOnCpu(settings: Settings, address: string): Run {
  const chain = Chain.parse(settings.chain);
  const { batch, layout } = settings;
  const shape = { batch, layout };
  const butterfly = Butterfly.random(chain, { seed: 1 });
  const next = uniform(2);
  const x = Float32Array.from({ length: batch * chain.cols }, next);
  const double = Float64Array.from(x);
  const reference = asDouble(butterfly).apply(double, shape);
  const magnitude = asDouble(butterfly, Math.abs).apply(double.map(Math.abs), shape);
  const whole = new Pattern(1, chain.rows, chain.cols, 1);
  const result: CaseResult = {
    chain: chain.toString(),
    batch,
    dtype: "f32",
    layout,
    verifiedVectors: batch,
    inputs: 1,
    seconds: null,
    results: WAYS.map(({ name }): ImplementationResult => {
      const work = batch * (name === "dense" ? whole.nonZeros : chain.nonZeros);
      if (work > MOST_WORK) {
        return {
          implementation: name,
          status: "skipped",
          reason: "It takes too long without a GPU.",
        };
      }
      const started = performance.now();
      const dense = new KroneckerSparse(whole, butterfly.dense());
      const multiply = (): Float32Array =>
        name === "dense" ? dense.apply(x, shape) : butterfly.apply(x, shape);
      const y = multiply();
      const coldSeconds = (performance.now() - started) / 1000;
      // Products of factors are rounded once more when the dense matrix is made of them.
      const terms = chain.patterns.map(({ c }) => c);
      const rounding = {
        dtype: "f32",
        terms: name === "dense" ? [chain.cols, ...terms] : terms,
      } as const;
      const verification = verify(y, reference, magnitude, rounding);
      if (!verification.ok) return { implementation: name, status: "wrong", verification };
      const wall = Array.from({ length: ROUNDS }, () => {
        const begun = performance.now();
        multiply();
        return (performance.now() - begun) / 1000;
      });
      return {
        implementation: name,
        status: "timed",
        verification,
        bytes: 4 * (name === "dense" ? whole.nonZeros : chain.nonZeros),
        traffic: null,
        timing: { coldSeconds, repeats: 1, wall, device: [], multiply: [], rewrite: [] },
        energy: null,
      };
    }),
  };
  const environment = pageEnvironment(NO_ADAPTER, address);
  return { rows: rowsOf(result, WAYS), file: fileOf(result, environment, WAYS) };
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
