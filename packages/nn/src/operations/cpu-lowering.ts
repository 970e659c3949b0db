import type {
  CpuSpan,
  KernelCall,
  Layout,
  PackedWeights,
  ProgramValue,
} from "@papilio/cpu-runtime/kernels";
import type { Indices, Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { Matrix } from "./linear/matrix.ts";
import type { UnfoldOperation } from "./unfold/operation.ts";

/** A pass of a matrix, whose weights are packed before the program runs. */
export interface PackedPass {
  readonly weights: PackedWeights;
  readonly span: CpuSpan;
}

/**
 * What the lowering of an operation to the CPU's kernels works with: where its operands are, and the list of
 * operations. An operation is lowered once, when its graph is compiled.
 */
export interface CpuLowering {
  /** Threads that run the program. */
  readonly threads: number;
  /** Windows of images that nothing has written, and what they are of. */
  readonly windows: ReadonlyMap<Value, UnfoldOperation>;
  /** Where a value is, in whatever layout: the program converts it where an operation needs the other one. */
  of(value: Value): ProgramValue;
  /** The output of an operation, which a kernel is to write. */
  define(value: Value): ProgramValue;
  /** Vectors between two kernels of an operation. */
  between(vectors: number, features: number): ProgramValue;
  /** Makes a value another name of vectors that exist. */
  alias(value: Value, vectors: ProgramValue): void;
  /** A state, kept in a layout from run to run. */
  state(value: Value, layout: Layout): ProgramValue;
  /** Whole numbers of 32 bits. */
  indices(indices: Indices): CpuSpan;
  /** The numbers of a parameter in float32. Graphs share them. */
  parameter(parameter: Parameter): CpuSpan;
  /** The numbers of a parameter that the graph trains, as one vector that changes. */
  trained(parameter: Parameter): ProgramValue;
  /** Packs again what the operations so far read of a parameter in packed form, after its numbers have changed. */
  repack(parameter: Parameter): void;
  /** Memory of the graph's own. */
  ownMemory(bytes: number, what: string): CpuSpan;
  /** Numbers that do not change, copied once for all operations of the graph that use the same array. */
  constants(numbers: Float32Array | Uint32Array): CpuSpan;
  /** The passes of a matrix, in the order in which they are applied, and their weights. Graphs share them. */
  packed(matrix: Matrix): readonly PackedPass[];
  /** The packed weights of a dense matrix that the graph multiplies by, which is this parameter. */
  packedTable(parameter: Parameter): PackedPass | undefined;
  /** Adds an operation of the program; `rewrite` for one that only moves numbers. */
  push(
    call: KernelCall,
    operands: readonly (ProgramValue | CpuSpan)[],
    role?: "compute" | "rewrite",
  ): void;
}
