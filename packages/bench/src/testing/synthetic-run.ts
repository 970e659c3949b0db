import { Chain, chainCost, LAYOUTS, type StorageDtype } from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { denseFlops, rewritingBytes } from "@papilio/butterfly/pattern";
import { type Case, caseKey, expandGrid } from "../cases/case.ts";
import { wholePattern } from "../implementations/whole-product.ts";
import type {
  BenchResults,
  CaseResult,
  Energy,
  Environment,
  ImplementationRecord,
  ImplementationResult,
} from "../results/results.ts";
import { SCHEMA } from "../results/results.ts";

/** What a made-up run has. */
export interface SyntheticOptions {
  /** 200 by default. */
  readonly cases?: number;
  readonly seed?: number;
  /** Default: both. */
  readonly dtypes?: readonly StorageDtype[];
  /** Default: {@link COMPETITORS}. */
  readonly implementations?: readonly ImplementationRecord[];
  /** Whether there is a meter; default true. */
  readonly energy?: boolean;
  /** Whether the adapter's rates were measured; default true. */
  readonly rates?: boolean;
  /** Default: whole cases skipped, skipped and wrong implementations. */
  readonly faults?: boolean;
}

const ROUNDS = 11;
/** Made-up rates, near those of a large GPU. */
const BANDWIDTH = 3.2e12;
const PEAK = 4.5e13;
const LAUNCH = 4e-6;
const IDLE_WATTS = 72;

/** Nine implementations, one of them on the CPU. */
export const COMPETITORS: readonly ImplementationRecord[] = [
  ["kronecker-sparse", "fused kernel, nothing rewritten"],
  ["bmm", "gather, batched matrix product, scatter"],
  ["bsr", "gather, block-sparse rows, scatter"],
  ["csr", "compressed sparse rows"],
  ["dense", "dense matrix product, zeros included"],
  ["einsum", "direct contraction without tiling"],
  ["einsum-library", "contraction by another library"],
  ["bmm-library", "batched product by another library"],
  ["cpu-batch-last", "batched product on the CPU", "cpu"],
].map(([name = "", description = "", processor]) => ({
  name,
  description,
  processor: processor === "cpu" ? "cpu" : "adapter",
}));

/** How much slower than the bounds of the adapter an implementation is: by arithmetic, by bytes. */
const SLOWNESS: Readonly<Record<string, readonly [number, number]>> = {
  "kronecker-sparse": [1.9, 1.25],
  bmm: [1.5, 1.2],
  bsr: [2.1, 1.4],
  csr: [14, 3],
  dense: [1.3, 1.2],
  einsum: [5, 2.5],
  "einsum-library": [2.2, 1.5],
  "bmm-library": [1.4, 1.6],
  "cpu-batch-last": [90, 40],
};

const PATTERNS = [
  "16,4,4,64", "1,4,4,1024", "4,8,8,64", "3,12,20,5", "16,16,16,16", "4,16,64,8", "32,32,32,1",
  "1,192,48,2", "3,96,96,3", "1,64,64,64", "4,64,64,4", "6,64,256,1", "2,128,32,16", "1,256,64,4",
  "8,48,48,8", "2,48,192,8", "1,512,512,2", "2,512,128,4", "1,768,192,2", "1,128,128,3",
  "4,256,256,4", "64,64,64,1", "12,96,384,4", "1,1024,1024,1",
]; // biome-ignore format: a list of sizes

/** A made-up run, the same for the same options. */
export function syntheticRun(options: SyntheticOptions = {}): BenchResults {
  const { cases = 200, seed = 1, dtypes = ["f32", "f16"], faults = true } = options;
  const implementations = options.implementations ?? COMPETITORS;
  const next = uniform(seed);
  const sizes = [64, 256, 1024, 4096];
  const chains = [
    ...PATTERNS.map((text) => Chain.parse(text)),
    ...sizes.map((size) => Chain.monarch(size)),
    ...sizes.map((size) => Chain.squareDyadic(size)),
  ];
  const grid = expandGrid({ chains, batches: [128, 1024, 25_088], dtypes, layouts: LAYOUTS });
  const stride = Math.max(1, grid.length / Math.max(cases, 1));
  const chosen = Array.from({ length: cases }, (_, index) => {
    // More cases than the grid has are the same problems with other batches.
    const item = grid[Math.floor(index * stride) % grid.length] as Case;
    const again = Math.floor((index * stride) / grid.length);
    return again === 0 ? item : { ...item, batch: item.batch + again };
  });
  return {
    schema: SCHEMA,
    environment: environment(options),
    options: { rounds: ROUNDS, minSample: 0.002, seed: 1, maxRunSeconds: 2 },
    implementations,
    cases: chosen.map((item) => syntheticCase(item, implementations, next, options)),
    skipped: faults && cases > 1 ? skippedCases() : [],
    resumed: faults ? 1 : 0,
    complete: true,
    damagedLines: [],
  };
}

function syntheticCase(
  item: Case,
  implementations: readonly ImplementationRecord[],
  next: () => number,
  { energy = true, faults = true }: SyntheticOptions,
): CaseResult {
  return {
    ...caseKey(item),
    verifiedVectors: 8,
    inputs: 2,
    seconds: 3,
    results: implementations.map((implementation): ImplementationResult => {
      const luck = next();
      if (
        faults &&
        implementation.name === "dense" &&
        item.chain.rows * item.chain.cols > 2 ** 22
      ) {
        return {
          implementation: "dense",
          status: "skipped",
          reason: `The dense matrix of ${item.chain} has ${4 * item.chain.rows * item.chain.cols} bytes, and at most 2147483648 can be bound.`,
        };
      }
      if (faults && implementation.name === "einsum-library" && luck > 0.985) {
        const verification = { ...VERIFIED, ok: false, maxRatio: 17.3 };
        return { implementation: implementation.name, status: "wrong", verification };
      }
      return timedResult(item, implementation, next, energy);
    }),
  };
}

const VERIFIED = {
  ok: true,
  maxError: 1e-7,
  maxRatio: 0.1,
  worstIndex: 0,
  rmsRelative: 1e-8,
  nonFinite: 0,
};

function timedResult(
  { chain, batch, dtype, layout }: Case,
  { name, processor }: ImplementationRecord,
  next: () => number,
  withEnergy: boolean,
): ImplementationResult {
  const { flops, bytes } = chainCost(chain, batch, dtype);
  const [byArithmetic, byBytes] = SLOWNESS[name] ?? [3 + next(), 2 + next()];
  const shuffles = ["bmm", "bsr", "bmm-library"].includes(name);
  const moved = shuffles
    ? chain.patterns.reduce((sum, pattern) => sum + rewritingBytes("bmm", pattern, batch, dtype), 0)
    : 0;
  const work = name === "dense" ? denseFlops(wholePattern(chain), batch) : flops;
  const slower = layout === "batch-first" && name === "kronecker-sparse" ? 1.5 : 1;
  const matrixUnits = dtype === "f16" && (shuffles || name === "dense") ? 0.25 : 1;
  const multiply =
    (LAUNCH +
      Math.max(
        (work / PEAK) * byArithmetic * slower * matrixUnits,
        (bytes.total / BANDWIDTH) * byBytes,
      )) *
    Math.exp(0.3 * next());
  const rewrite = moved === 0 ? 0 : (2 * LAUNCH + moved / BANDWIDTH) * Math.exp(0.2 * next());
  const samples = (seconds: number): number[] =>
    Array.from({ length: ROUNDS }, () => seconds * (1 + 0.03 * next() + 0.02 * next() ** 4));
  const total = multiply + rewrite;
  return {
    implementation: name,
    status: "timed",
    verification: VERIFIED,
    bytes: bytes.values,
    traffic: { multiply: bytes.total, rewrite: moved },
    timing: {
      coldSeconds: 0.02 * Math.exp(next()) + total,
      repeats: 10,
      wall: samples(total + 2e-5),
      device: processor === "cpu" ? [] : samples(total),
      multiply: rewrite === 0 ? [] : samples(multiply),
      rewrite: rewrite === 0 ? [] : samples(rewrite),
    },
    energy: withEnergy && processor === "adapter" ? syntheticEnergy(total, next) : null,
  };
}

function syntheticEnergy(seconds: number, next: () => number): Energy {
  const watts = 380 + 90 * next();
  const joules = (watts - IDLE_WATTS) * seconds;
  const error = 0.04 + 0.03 * next();
  return {
    joules,
    lower: joules * (1 - error),
    upper: joules * (1 + error),
    watts,
    seconds: 0.5,
    runs: Math.ceil(0.5 / seconds),
  };
}

function skippedCases(): BenchResults["skipped"] {
  const key = { batch: 25_088, dtype: "f32", layout: "batch-last" } as const;
  const large = ["64,1024,1024,8", "128,512,512,16", "96,1024,256,16"].map((chain) => ({
    ...key,
    chain,
    cause: "device" as const,
    reason: `The input of ${chain} x 25088 has 8220835840 bytes, and at most 4294967292 can be bound.`,
  }));
  const late = ["128,768,768,4", "48,1024,1024,2"].map((chain) => ({
    ...key,
    chain,
    cause: "budget" as const,
    reason: "there was no time left",
  }));
  return [...large, ...late];
}

function environment({ energy = true, rates = true }: SyntheticOptions): Environment {
  return {
    date: "2026-01-02T03:04:05.000Z",
    command: "papilio bench --suite paper --json results.jsonl",
    adapter: {
      name: "Synthetic Accelerator 9000",
      vendor: "synthetic",
      architecture: "imagined",
      driver: "made up 1.2.3",
      kind: "hardware",
      embedded: false,
      features: { f16: true, subgroups: { min: 32, max: 32 }, timestamps: true },
      limits: {
        maxBufferSize: 2 ** 32,
        maxStorageBufferBindingSize: 2 ** 32 - 4,
        maxComputeWorkgroupStorageSize: 49_152,
        maxComputeInvocationsPerWorkgroup: 1024,
        maxComputeWorkgroupsPerDimension: 65_535,
      },
      passedOver: [],
    },
    platform: "linux-x64",
    processors: "16 x Synthetic Processor",
    versions: { node: "24.21.0", papilio: "0.0.0", webgpu: "0.6.2" },
    revision: "0123abc",
    load: { average: 0.4, busy: 0.01 },
    cacheBytes: 60 * 2 ** 20,
    clockSteps: { device: 3.2e-8, wall: 4e-8 },
    rates: rates
      ? { copyBytesPerSecond: BANDWIDTH, flopsPerSecond: PEAK, dispatchSeconds: 2.1e-6 }
      : null,
    energy: energy
      ? { meter: "synthetic meter", idleWatts: IDLE_WATTS }
      : { reason: "the driver has no meter." },
  };
}
