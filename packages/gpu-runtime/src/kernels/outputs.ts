import type { BatchShape, Layout, StorageDtype } from "@papilio/butterfly";
import type { Strides } from "@papilio/butterfly/numeric";
import type { Binding, Kernel } from "../device/kernel.ts";
import { perElementShader } from "./per-element.ts";
import { enabledBy, loadWidth, narrowed, storedType, times } from "./wgsl.ts";

/** How the vectors that a kernel reads and those that it writes are stored. */
export interface VectorStorage {
  /** Layout of `x`. */
  readonly from: Layout;
  /** Layout of `y`. */
  readonly to: Layout;
  /** Of `x` and `y`; arithmetic is in float32 whatever it is. */
  readonly dtype: StorageDtype;
}

/** The same of batches that differ. */
export interface BatchStorage extends VectorStorage {
  /** Vectors that are allocated for `x` and for `y`: more than count where a batch is padded. */
  readonly batches: { readonly from: number; readonly to: number };
}

/** What tells apart the kernels that have an invocation for each output. */
export interface OutputsKernel {
  readonly label: string;
  readonly dtype: StorageDtype;
  /**
   * `y`, whose first `count` vectors are written. Where an access takes several numbers side by side,
   * they count as one: as one feature, or as one vector.
   */
  readonly y: BatchShape & { readonly count: number; readonly features: number };
  /** Numbers of an access to `y`. */
  readonly width: 1 | 2 | 4;
  readonly bindings: readonly Binding[];
  /** WGSL functions that `body` calls. */
  readonly functions?: string;
  /** WGSL that declares `value` given the output's `vector` and `feature`; `group.z` is 0. */
  readonly body: string;
}

/**
 * Generates a kernel whose invocations run along the contiguous axis of their outputs, so that these
 * are written in order whatever is read.
 */
export function outputsKernel(parts: OutputsKernel): Kernel {
  const { label, dtype, y, width, bindings, functions = "", body } = parts;
  const { batch, layout, count, features } = y;
  const inOrder = layout === "batch-first" || count === batch;
  const at = inOrder ? "index" : `feature * ${batch}u + vector`;
  return {
    label,
    enables: enabledBy(dtype),
    bindings,
    ...perElementShader(
      { batch: count, parts: { name: "feature", count: features }, to: layout, functions },
      `${body}
  y[${at}] = ${narrowed(dtype, width, "value")};`,
    ),
  };
}

/** The bindings of vectors that are read and written, `width` numbers at a time. */
export function vectorBindings(dtype: StorageDtype, width: 1 | 2 | 4): [x: Binding, y: Binding] {
  const elements = storedType(dtype, width);
  return [
    { name: "x", elements, access: "read" },
    { name: "y", elements, access: "read-write" },
  ];
}

/** The binding of indices into something else. */
export function indexBinding(name: string): Binding {
  return { name, elements: "u32", access: "read" };
}

/**
 * Numbers that one access can take along an axis of `length`, which is contiguous in `contiguous`:
 * one, if any of the layouts is another.
 */
export function accessWidth(
  length: number,
  contiguous: Layout,
  layouts: readonly Layout[],
): 1 | 2 | 4 {
  return layouts.every((layout) => layout === contiguous) ? loadWidth(length) : 1;
}

/** WGSL for a feature of a vector in memory. */
export function element(array: string, strides: Strides, vector: string, feature: string): string {
  return `${array}[${times(vector, strides.vector)} + ${times(feature, strides.feature)}]`;
}
