import type { BatchShape, Butterfly, FloatArray } from "@papilio/butterfly";
import type { CpuProgram } from "@papilio/cpu-runtime/kernels";
import type { Gpu, InputShape, Tensor } from "@papilio/gpu-runtime";
import * as v from "valibot";
import { callback, type Shape } from "../arguments/checks.ts";
import type { Adapter } from "./adapter-problem.ts";

/** What an implementation is given: a product of factors, and vectors on the host. */
export interface Problem {
  /** The factors of `W = W1 W2 ... WL`, one or more; values already rounded to `shape.dtype`. */
  readonly butterfly: Butterfly;
  /** The weight and the rotation whose factors these are, where the operation is `adapt`. */
  readonly adapter?: Adapter;
  readonly shape: InputShape;
  /** The values of each input, `[batch, cols]` or `[cols, batch]` by the layout. */
  readonly hostInput: Float32Array;
  /**
   * How many inputs are to be read in turn, equal in value and apart in memory, so that no run finds its
   * input in a cache.
   */
  readonly inputCount: number;
}

/** The same in double precision. */
export interface DoubleProblem {
  readonly butterfly: Butterfly<Float64Array>;
  readonly shape: BatchShape & { readonly dtype: "f64" };
  readonly hostInput: Float64Array;
  readonly inputCount: number;
}

/** What an implementation on the adapter is given besides: the device, and the vectors on it. */
export interface DeviceProblem extends Problem {
  readonly gpu: Gpu;
  /** `inputCount` inputs of `cols` features: run number `r` reads `inputs[r % inputs.length]`. */
  readonly inputs: readonly Tensor[];
  /** The output, of `rows` features; of a gradient, one vector of the factor's values, in f32. */
  readonly y: Tensor;
  /** The gradient of the outputs, of `rows` features, where the operation is `gradient`. */
  readonly dy?: Tensor;
}

/** What is multiplied: factors, and vectors in the layout of the case. */
export interface RoundedOperands {
  readonly butterfly: Butterfly<FloatArray>;
  readonly x: FloatArray;
}

interface Described {
  readonly name: string;
  /** One line for tables and documentation. */
  readonly description: string;
  /**
   * What is multiplied: the factors one after the other, which is the default, or their product,
   * multiplied out in advance and rounded. It decides the error bound.
   */
  readonly arithmetic?: "factors" | "product";
  /** Type of its sums where values are stored in f16: `f32` unless given. It decides the bound too. */
  readonly halfSums?: "f32" | "f16";
  /**
   * What is multiplied instead of the operands, by one that rounds them to few bits. It is held to the float64 product
   * of these; how far that is from the product of the operands is a figure of the results, `roundingError`.
   */
  readonly rounded?: (operands: RoundedOperands, shape: BatchShape) => RoundedOperands;
}

/** One that computes on the adapter. */
export interface DeviceImplementation extends Described {
  readonly processor?: "adapter";
  /**
   * Uploads, packs and compiles all that a run needs.
   *
   * @throws PapilioError `BUFFER_TOO_LARGE`, or another code, when the implementation cannot do this
   *   problem: it is then skipped, with the message as the reason
   */
  prepare(problem: DeviceProblem): Promise<Prepared>;
}

/** One that computes on the CPU, and needs no adapter. */
export interface CpuImplementation extends Described {
  readonly processor: "cpu";
  /**
   * Packs all that a run needs.
   *
   * @throws PapilioError `CPU_MEMORY`, or another code, when the implementation cannot do this problem:
   *   it is then skipped, with the message as the reason
   */
  prepare(problem: Problem): Promise<PreparedOnHost>;
  /**
   * The same in double precision; absent where it does not compute in it, and is skipped.
   *
   * @throws PapilioError `CPU_MEMORY`, or another code, as `prepare`
   */
  prepareDouble?(problem: DoubleProblem): Promise<PreparedOnHost<Float64Array>>;
}

/**
 * A way of computing `y = W x`, or the gradient of a factor, to be compared with the others. To add one, write a file that
 * exports such a value as `implementation`, and pass its path to `papilio bench --implementation`.
 */
export type Implementation = DeviceImplementation | CpuImplementation;

/** What {@link Implementation}s are. */
export const implementationsShape: Shape = v.array(
  v.object({
    name: v.string(),
    description: v.string(),
    arithmetic: v.optional(v.picklist(["factors", "product"])),
    halfSums: v.optional(v.picklist(["f32", "f16"])),
    rounded: v.optional(callback),
    processor: v.optional(v.picklist(["adapter", "cpu"])),
    prepare: callback,
    prepareDouble: v.optional(callback),
  }),
);

/** Bytes that a run's dispatches are bound to, each once: what must move at least. */
export interface Traffic {
  /** In steps that do arithmetic. */
  readonly multiply: number;
  /** In steps that only rearrange memory. */
  readonly rewrite: number;
}

/** An implementation that is ready to run on one problem. */
export interface Prepared extends Disposable {
  /** Memory held besides the inputs and the output, in bytes. */
  readonly bytes: number;
  /**
   * The sums that make an output, as `verify` of `@papilio/butterfly` takes them, where they are not
   * what `arithmetic` says.
   */
  readonly terms?: readonly number[];
  /** How the factors were divided into stages, where it plans: `planName` of the GPU runtime. */
  readonly plan?: string;
  /** Absent where the implementation cannot know. */
  readonly traffic?: Traffic;
  /** Computes the product `repeats` times and resolves when the device is done. */
  run(repeats: number): Promise<void>;
  /**
   * The output of the last run, in the layout of the problem; absent where it is in `y` of the device.
   * It may be overwritten by the next run.
   */
  output?(): FloatArray | Promise<FloatArray>;
  /** Seconds of device time for one run, as the mean over `repeats`; absent without timestamps. */
  time?(repeats: number): Promise<number>;
  /**
   * Seconds for one run, split into arithmetic and memory rewriting; absent where nothing is
   * rewritten. By the device's timestamps where `time` is, else by the wall clock.
   */
  timeRoles?(repeats: number): Promise<{ readonly multiply: number; readonly rewrite: number }>;
}

/** One whose output is on the host. */
export interface PreparedOnHost<V extends FloatArray = Float32Array> extends Prepared {
  output(): V | Promise<V>;
  /** What it runs, where that is a program of the CPU: its operations can be timed apart. */
  readonly program?: Pick<CpuProgram, "operations" | "timeOperations">;
}
