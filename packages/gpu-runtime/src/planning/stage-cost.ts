import type { Chain, Layout } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { AdapterReport } from "../device/report.ts";
import type { DeviceRates } from "../rates/measure-rates.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import type { Stage } from "./plan.ts";

/**
 * Rates that stand for a device whose own were not measured: a GPU of the middle range, and lavapipe
 * (Mesa 25) on two cores as `measureRates` found it. Only their ratios decide a plan.
 */
export const TYPICAL_RATES: Readonly<Record<AdapterReport["kind"], DeviceRates>> = {
  hardware: { copyBytesPerSecond: 4e11, flopsPerSecond: 1e13, dispatchSeconds: 4e-6 },
  software: { copyBytesPerSecond: 8e9, flopsPerSecond: 6e10, dispatchSeconds: 4e-5 },
};

/**
 * What instructions take, in multiply-adds. On a GPU, memory and arithmetic overlap, and what an
 * instruction takes beside shows in neither. A software adapter does one after the other on the same
 * cores, with an address and a bounds check for each element: measured on lavapipe (Mesa 25, two
 * cores) with dyadic factors and what they fuse and merge into.
 */
interface Instructions {
  /** Of a load of an input, of a store of an output, for each vector. */
  readonly load: number;
  readonly store: number;
  /** Of bringing one weight to all that need it: to many vectors at once, or to a few. */
  readonly weight: { readonly many: number; readonly few: number };
  /** How much longer the loads and stores of a fused kernel take, for many vectors and for a few. */
  readonly fused: { readonly many: number; readonly few: number };
}

const INSTRUCTIONS: Readonly<
  Record<AdapterReport["kind"], Readonly<Record<Layout, Instructions>>>
> = {
  hardware: {
    "batch-last": { load: 1, store: 1, weight: { many: 0, few: 0 }, fused: { many: 1, few: 1 } },
    "batch-first": { load: 2, store: 2, weight: { many: 0, few: 0 }, fused: { many: 1, few: 1 } },
  },
  software: {
    "batch-last": {
      load: 5,
      store: 40,
      weight: { many: 0.25, few: 80 },
      fused: { many: 1, few: 2 },
    },
    "batch-first": {
      load: 10,
      store: 60,
      weight: { many: 0.25, few: 80 },
      fused: { many: 1.5, few: 2 },
    },
  },
};

/** Fewer vectors than this do not fill a subgroup of a software adapter. */
const FEW = 8;

/** Outputs that share one load of an input. */
const TILE = 16;

/** Predicted seconds of one stage: the slower of memory and instructions, and its dispatch. */
export function stageSeconds(
  report: AdapterReport,
  rates: DeviceRates,
  chain: Chain,
  { from, to, how }: Stage,
  { batch, dtype }: InputShape,
  layout: Layout,
): number {
  const product = chain.product(from, to);
  const { b, c, blocks, rows, cols } = product;
  const { load, store, weight, fused } = INSTRUCTIONS[report.kind][layout];
  const many = batch < FEW ? "few" : "many";
  const patterns = how === "merge" ? [product] : chain.patterns.slice(from, to);
  const values = patterns.reduce((sum, pattern) => sum + pattern.nonZeros, 0);
  const bytes = FLOAT_FORMATS[dtype].bytes * (batch * (rows + cols) + values);
  // A fused kernel reads each input of a block once; a product reads it for each tile of outputs.
  const [reads, slower] = how === "fuse" ? [1, fused[many]] : [Math.ceil(b / TILE), 1];
  const moves = blocks * (c * reads * load + b * store);
  const instructions = batch * (values * (1 + slower * weight[many]) + slower * moves);
  const memory = bytes / rates.copyBytesPerSecond;
  const arithmetic = (2 * instructions) / rates.flopsPerSecond;
  return Math.max(memory, arithmetic) + rates.dispatchSeconds;
}

/** Predicted seconds of changing the layout of a batch of vectors. */
export function transpositionSeconds(
  rates: DeviceRates,
  features: number,
  { batch, dtype }: InputShape,
): number {
  // Reads or writes are scattered: half of a copy's speed at best.
  const bytes = 2 * FLOAT_FORMATS[dtype].bytes * batch * features;
  return (2 * bytes) / rates.copyBytesPerSecond + rates.dispatchSeconds;
}
