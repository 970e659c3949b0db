import type { Chain } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { availableThreads } from "@papilio/butterfly/threads";
import { predictCpuSeconds } from "@papilio/cpu-runtime";
import type { AdapterReport, InputShape } from "@papilio/gpu-runtime";
import {
  type DeviceRates,
  rankPlans,
  TYPICAL_RATES,
  typicalReport,
} from "@papilio/gpu-runtime/planning";
import {
  anyNumber,
  layout,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  storageDtype,
  text,
} from "../arguments/checks.ts";
import { chainCheck } from "../graph/operand-checks.ts";

/** Where something is multiplied: by the CPU backend, or by the kernels on a WebGPU adapter. */
export type Place = "cpu" | "gpu";

/** A product of factors, times a batch of vectors. */
export interface PlacedProduct extends InputShape {
  readonly chain: Chain;
  /** Numbers that make an element: 1 real, which is the default, or 2 complex. */
  readonly parts?: 1 | 2;
}

/** What is to be done, one thing after the other. */
export interface Work {
  readonly products: readonly PlacedProduct[];
  /** What is done besides the products, as the operations of a model; nothing unless given. */
  readonly besides?: {
    readonly operations: number;
    readonly flops: number;
  };
}

/** What a machine has. */
export interface Machine {
  /**
   * The adapter: its report, or its name and kind alone where no device is open yet. Without one there is
   * the CPU only.
   */
  readonly adapter?: AdapterReport | Pick<AdapterReport, "name" | "kind"> | undefined;
  /** The adapter's own rates, from `measureRates`; typical ones unless given. */
  readonly rates?: DeviceRates;
  /** Threads that the CPU backend uses at most; as many as there are processors unless given. */
  readonly threads?: number;
}

/** Seconds that were measured on the machine, which count more than any prediction. */
export type MeasuredPlaces = Readonly<Partial<Record<Place, number>>>;

/** Where to multiply, and why. */
export interface PlaceChoice {
  readonly place: Place;
  /** For people, as the end of a sentence: `predicted to take 0.3 ms, against 9 ms on SwiftShader`. */
  readonly reason: string;
  /** Seconds of the work in each place: measured, or predicted; null where it cannot be done there. */
  readonly seconds: Readonly<Record<Place, number | null>>;
  /** What the seconds are from. */
  readonly basis: Readonly<Record<Place, "measured" | "model">>;
}

const workCheck = objectOf({
  products: listOf(
    objectOf({
      chain: chainCheck,
      batch: anyNumber,
      dtype: storageDtype,
      layout,
      parts: optional(oneOf(1, 2)),
    }),
  ),
  besides: optional(objectOf({ operations: number, flops: number })),
});
const machineCheck = objectOf({
  adapter: optional(objectOf({ name: text, kind: oneOf(...Object.keys(TYPICAL_RATES)) })),
  rates: optional(
    objectOf({ copyBytesPerSecond: number, flopsPerSecond: number, dispatchSeconds: number }),
  ),
  threads: optional(number),
});
const measuredCheck = objectOf({ cpu: optional(number), gpu: optional(number) });

/** Of what the CPU does besides products: FLOPs a second of a thread, and seconds of an operation. */
const BESIDES = { flopsPerSecond: 1e10, operationSeconds: 3e-6 };

/**
 * How much longer SwiftShader takes than the plans' model says, which was made on lavapipe: between the
 * medians of results/chains-swiftshader.jsonl (4.1 and 2.0) and of single factors of 16 x 16 to 64 x 64
 * (16 and 6.3).
 */
const SWIFTSHADER_SLOWER = { byTypicalRates: 8, byMeasuredRates: 3 };

/**
 * Chooses where to multiply: on the CPU or on the adapter, whichever takes less time by measurements of the
 * machine where there are some, else by the cost models by which both places plan. It knows of a GPU what
 * is typical, and of software adapters that they compute on the same CPU, slower.
 *
 * @throws PapilioError `BATCH_INVALID`
 *
 * @example
 * ```ts
 * const product = { chain: Chain.monarch(1024), batch: 128, dtype: "f32", layout: "batch-last" } as const;
 * const { place, reason } = choosePlace({ products: [product] }, { adapter: gpu.report });
 * ```
 */
export function choosePlace(
  work: Work,
  machine: Machine,
  measured: MeasuredPlaces = {},
): PlaceChoice {
  workCheck("the work", work);
  machineCheck("the machine", machine);
  measuredCheck("what was measured", measured);
  const cpu = measured.cpu ?? cpuSeconds(work, machine);
  const gpu = measured.gpu ?? gpuSeconds(work, machine);
  const basis = {
    cpu: measured.cpu === undefined ? "model" : "measured",
    gpu: measured.gpu === undefined ? "model" : "measured",
  } as const;
  const { adapter } = machine;
  const place = gpu !== null && gpu < cpu ? "gpu" : "cpu";
  return {
    place,
    reason: reasonOf(place, { cpu, gpu }, basis, adapter),
    seconds: { cpu, gpu },
    basis,
  };
}

function cpuSeconds({ products, besides }: Work, { threads }: Machine): number {
  const options = threads === undefined ? {} : { threads };
  const { flopsPerSecond, operationSeconds } = BESIDES;
  const other =
    (besides?.operations ?? 0) * operationSeconds +
    (besides?.flops ?? 0) / flopsPerSecond / (threads ?? availableThreads());
  return (
    other +
    sum(products, ({ chain, parts = 1, ...shape }) =>
      predictCpuSeconds(chain, shape, { ...options, parts }),
    )
  );
}

/** Null where there is no adapter, or not one that can hold the work. */
function gpuSeconds({ products, besides }: Work, { adapter, rates }: Machine): number | null {
  if (adapter === undefined) return null;
  const report = "limits" in adapter ? adapter : typicalReport(adapter);
  if (!products.every((product) => fits(report, product))) return null;
  const known = rates ?? TYPICAL_RATES[report.kind];
  const other =
    (besides?.operations ?? 0) * known.dispatchSeconds +
    (besides?.flops ?? 0) / known.flopsPerSecond;
  const multiplied = sum(products, ({ chain, parts = 1, ...shape }) => {
    const [best] = rankPlans(report, chain, shape, { rates: known });
    // A complex product is four real ones.
    return parts ** 2 * (best?.predictedSeconds ?? Number.POSITIVE_INFINITY);
  });
  const { byTypicalRates, byMeasuredRates } = SWIFTSHADER_SLOWER;
  const slower = rates === undefined ? byTypicalRates : byMeasuredRates;
  return (other + multiplied) * (/swiftshader/i.test(report.name) ? slower : 1);
}

function fits(
  { features, limits }: AdapterReport,
  { chain, batch, dtype, parts = 1 }: PlacedProduct,
): boolean {
  if (dtype === "f16" && !features.f16) return false;
  const most = limits.maxStorageBufferBindingSize / (FLOAT_FORMATS[dtype].bytes * parts);
  return chain.patterns.every(
    ({ rows, cols, nonZeros }) => batch * Math.max(rows, cols) <= most && nonZeros <= most,
  );
}

function sum<T>(items: readonly T[], seconds: (item: T) => number): number {
  return items.reduce((total, item) => total + seconds(item), 0);
}

function reasonOf(
  place: Place,
  seconds: PlaceChoice["seconds"],
  basis: PlaceChoice["basis"],
  adapter: Machine["adapter"],
): string {
  if (adapter === undefined) return "there is no adapter";
  if (seconds.gpu === null) return `${adapter.name} cannot hold it`;
  const other = place === "cpu" ? "gpu" : "cpu";
  const said = (where: Place): string => {
    const verb = basis[where] === "measured" ? "measured" : "predicted";
    return `${formatSeconds(seconds[where] as number)} ${verb}`;
  };
  return `${said(place)}, against ${said(other)} on ${other === "cpu" ? "the CPU" : adapter.name}`;
}

/** Seconds to two digits: `0.32 ms`. */
function formatSeconds(seconds: number): string {
  const [unit, factor] =
    seconds < 1e-3
      ? (["µs", 1e6] as const)
      : seconds < 1
        ? (["ms", 1e3] as const)
        : (["s", 1] as const);
  return `${Number((seconds * factor).toPrecision(2))} ${unit}`;
}
