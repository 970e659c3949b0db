import type { Chain, StorageDtype } from "@papilio/butterfly";
import type { FewBits } from "@papilio/butterfly/numeric";
import type { Gpu, InputShape, Plan } from "@papilio/gpu-runtime";
import type {
  AttentionProblem,
  AttentionVariant,
  ButterflyMultiplication,
  ButterflyOptions,
  Kernel,
  KroneckerSparsePacking,
  Step,
  Vectors,
} from "@papilio/gpu-runtime/kernels";
import type { Operand, Span } from "@papilio/gpu-runtime/memory";
import type { Indices, Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { Matrix } from "./linear/matrix.ts";

/** Vectors in memory, one after another unless packed in the order of a multiplication's weights. */
export interface Table {
  readonly memory: Span;
  readonly packing?: KroneckerSparsePacking;
  /** How packed weights are stored, where they are in few bits. */
  readonly weightDtype?: FewBits;
}

/** What is known to be the fastest for a problem on the device: undefined for one that was not measured. */
export interface MeasuredKernels {
  attention(problem: AttentionProblem): AttentionVariant | undefined;
  plan(chain: Chain, shape: InputShape): Plan | undefined;
}

/**
 * What the lowering of an operation to a device works with: where its operands are, memory for its
 * output, and the list of dispatches. An operation is lowered once, when its graph is compiled.
 */
export interface DeviceLowering {
  readonly gpu: Gpu;
  /** In what activations are stored, and weights that are not in few bits. */
  readonly dtype: StorageDtype;
  /** What was measured, where anything was. */
  readonly measured: MeasuredKernels | undefined;
  /** Where a value is. */
  of(value: Value): Vectors;
  /** A value in the layout of multiplications: a transposed copy, made once, where it has the other one. */
  inLayout(value: Value): Vectors;
  /**
   * Memory for the output of an operation. `any`: the operation writes either layout, and so an output of
   * the graph directly; `multiplication`: it writes the layout of multiplications alone.
   */
  define(value: Value, options: { readonly layout: "any" | "multiplication" }): Vectors;
  /** Makes a value another name of memory that exists. */
  alias(value: Value, vectors: Vectors): void;
  indices(indices: Indices): Span;
  /** The numbers of a parameter, in `dtype` unless another one is given. Graphs share them. */
  parameter(parameter: Parameter, dtype?: StorageDtype): Span;
  /** The numbers of a parameter that the graph trains, in float32, as one vector that changes. */
  trained(parameter: Parameter): Vectors & { readonly memory: Span };
  /** Packs again what the operations so far read of a parameter in another form, after its numbers have changed. */
  repack(parameter: Parameter): void;
  /** So many numbers in float32 of the graph's own, zeros at first. */
  ownMemory(length: number, label: string): Span;
  /**
   * The vectors of a parameter `[vectors, features]`: where a linear operation of the graph multiplies by it,
   * the weights of that, in their order, so that it is on the device once.
   */
  table(parameter: Parameter): Table;
  /** Numbers that do not change, uploaded once for all operations that use the same array. */
  floats(values: Float32Array, dtype: StorageDtype, label: string): Span;
  /** Whole numbers that do not change, uploaded once for all operations that use the same array. */
  integers(numbers: Uint32Array, label: string): Span;
  /** The multiplication by a matrix, and a bias, prepared for vectors of a shape. The lowering owns it. */
  multiplication(
    matrix: Matrix,
    bias: Parameter | undefined,
    shape: InputShape,
    options: Omit<ButterflyOptions, "bias" | "weights" | "weightDtype">,
  ): ButterflyMultiplication;
  /** Adds a dispatch; `rewrite` for one that only moves numbers. */
  push(kernel: Kernel, buffers: readonly Operand[], role?: Step["role"]): void;
  /** Adds the dispatches of a multiplication. */
  pushSteps(steps: readonly Step[]): void;
}
