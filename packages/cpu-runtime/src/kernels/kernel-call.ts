/** How an operand lies in memory: `tiles` (see layout.ts), `rows` (`[vectors, features]`), or as the kernel says. */
export type Layout = "tiles" | "rows";

/** Whether a kernel reads an operand, writes all of it, or reads it and writes to it where it is. */
export type Access = "read" | "write" | "update";

/** Vectors in float32. */
export interface VectorsOperand {
  readonly name: string;
  readonly access: Access;
  readonly layout: Layout;
  readonly vectors: number;
  readonly features: number;
}

/** Memory in an order of the kernel's own: packed weights, biases, indices. */
export interface PlainOperand {
  readonly name: string;
  readonly access: Access;
  readonly layout: "plain";
  readonly bytes: number;
}

export type Operand = VectorsOperand | PlainOperand;

/** An operation of a program: a kernel of WebAssembly for a problem of known sizes, without its addresses. */
export interface KernelCall {
  /** A constant of kernel-ids.ts. */
  readonly kernel: number;
  /** What the operation is called in profiles, such as `layer normalization 197 x 384`. */
  readonly label: string;
  /** Items of the work, which threads claim one by one: independent, of some 10 to 100 microseconds each. */
  readonly items: number;
  /** Memory that a thread needs while it computes an item. */
  readonly scratchBytes: number;
  readonly operands: readonly Operand[];
  /**
   * The 32-bit words of the call, field by field as the kernel's class in assembly/kernels declares them.
   *
   * @param addresses of the operands, in their order
   */
  words(addresses: readonly number[]): readonly number[];
  /** Arithmetic of the operation, and bytes that it must read and write at least. */
  readonly flops: number;
  readonly bytes: number;
}

/** The word of a field of type f32. */
export function floatWord(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] as number;
}
