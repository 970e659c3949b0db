import { PapilioError } from "../errors/papilio-error.ts";

/** Splits some classes: whether the way of this function does for all of them. */
type SplitClasses = (
  first: number,
  last: number,
  re: number,
  im: number,
  leftRe: number,
  leftIm: number,
  rightRe: number,
  rightIm: number,
  isRightOrthonormal: boolean,
  sums: number,
  work: number,
) => number;

/**
 * Inner loops in WebAssembly: the functions of assembly/dense.ts of `@papilio/cpu-runtime`, which documents
 * them. Addresses are in bytes.
 */
interface DenseKernels {
  addProduct(
    to: number,
    x: number,
    y: number,
    sign: number,
    rows: number,
    inner: number,
    cols: number,
    first: number,
    last: number,
  ): void;
  addRowProducts(
    to: number,
    x: number,
    y: number,
    rows: number,
    cols: number,
    symmetric: boolean,
  ): void;
  reflectReal(a: number, n: number, step: number, scale: number, w: number): void;
  reflectComplex(
    re: number,
    im: number,
    n: number,
    step: number,
    scale: number,
    wRe: number,
    wIm: number,
  ): void;
  setSplit(
    a1: number,
    b1: number,
    c1: number,
    d1: number,
    a2: number,
    b2: number,
    c2: number,
    d2: number,
    rank: number,
  ): void;
  splitTwoRows: SplitClasses;
  splitRankOne: SplitClasses;
  squaredDistance(
    first: number,
    last: number,
    re: number,
    im: number,
    leftRe: number,
    leftIm: number,
    rightRe: number,
    rightIm: number,
    work: number,
  ): number;
  multiplyFactors(
    a1: number,
    leftRe: number,
    leftIm: number,
    rightRe: number,
    rightIm: number,
    toRe: number,
    toIm: number,
  ): void;
  startSquares(): void;
  addSquares(values: number, count: number): void;
  squares(): number;
}

/** An instance and the memory that it computes in, all of which is scratch memory. */
interface Instance {
  readonly kernels: DenseKernels;
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scratch: Float64Array;
}

const PAGE_BYTES = 65536;
const NAMES = [
  ...["addProduct", "addRowProducts", "reflectReal", "reflectComplex"],
  ...[
    "setSplit",
    "splitTwoRows",
    "squaredDistance",
    "multiplyFactors",
    "startSquares",
    "addSquares",
    "squares",
  ],
] as const;

/** What was compiled last in this thread, of which array; without an instance where the engine lacks SIMD. */
let compiled:
  | { given: Uint8Array; readonly bytes: Uint8Array; readonly instance: Instance | undefined }
  | undefined;
let current: Instance | undefined;

/**
 * Runs something whose loops run in WebAssembly, where their arrays are scratch memory. Not asynchronous.
 *
 * @param bytes a module; without one the loops are those of this package
 * @throws PapilioError `OPTION_INVALID` for bytes that are no such module
 */
export function withKernels<T>(bytes: Uint8Array | undefined, run: () => T): T {
  const before = current;
  current = bytes && instanceOf(bytes);
  try {
    return run();
  } finally {
    current = before;
  }
}

/** The kernels that run, where all of these arrays are in their memory. */
export function kernelsFor(
  p: Float64Array,
  q: Float64Array,
  r: Float64Array,
): DenseKernels | undefined {
  if (current === undefined) return undefined;
  const { buffer } = current.scratch;
  if (p.buffer !== buffer || q.buffer !== buffer || r.buffer !== buffer) return undefined;
  return current.kernels;
}

/** The scratch memory of the kernels that run. */
export function kernelMemory(): Float64Array | undefined {
  return current?.scratch;
}

/** Makes that so many numbers at least, where there is memory; what it held is lost. */
export function growKernelMemory(length: number): void {
  if (current === undefined) return;
  const { memory } = current;
  try {
    memory.grow(Math.ceil((8 * length - memory.buffer.byteLength) / PAGE_BYTES));
  } catch {
    // Arrays that do not fit are outside of it, for the loops of this package.
  }
  current.scratch = new Float64Array(memory.buffer);
}

/** The kernels that run and their memory, with room for so many numbers; what it held is lost where it grows. */
export function kernelsWithRoom(
  length: number,
): { readonly kernels: DenseKernels; readonly memory: Float64Array } | undefined {
  if (current === undefined) return undefined;
  if (current.scratch.length < length) growKernelMemory(length);
  const { kernels, scratch } = current;
  return scratch.length < length ? undefined : { kernels, memory: scratch };
}

/** The instance of this thread; undefined where the engine cannot run it. */
function instanceOf(bytes: Uint8Array): Instance | undefined {
  // Threads are sent a copy each time; elsewhere it is the same array, some times in a millisecond.
  if (compiled?.given === bytes) return compiled.instance;
  if (compiled !== undefined && areSame(compiled.bytes, bytes)) compiled.given = bytes;
  else compiled = { given: bytes, bytes: bytes.slice(), instance: instantiate(bytes) };
  return compiled.instance;
}

function instantiate(bytes: Uint8Array): Instance | undefined {
  if (!(bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d)) {
    throw notKernels();
  }
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(new Uint8Array(bytes))) {
    return undefined;
  }
  const memory = new WebAssembly.Memory({ initial: 1 });
  let exports: Readonly<Record<string, unknown>>;
  try {
    const module = new WebAssembly.Module(new Uint8Array(bytes));
    exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  } catch (error) {
    // A page may forbid to compile.
    if (error instanceof WebAssembly.LinkError) throw notKernels();
    return undefined;
  }
  if (NAMES.some((name) => typeof exports[name] !== "function")) throw notKernels();
  const kernels = exports as unknown as DenseKernels;
  return { kernels, memory, scratch: new Float64Array(memory.buffer) };
}

function areSame(p: Uint8Array, q: Uint8Array): boolean {
  return p.length === q.length && p.every((byte, index) => byte === q[index]);
}

function notKernels(): PapilioError {
  return new PapilioError(
    "OPTION_INVALID",
    "The kernels of the factorization are no WebAssembly with its loops.",
    "Pass what factorizationKernels() of @papilio/cpu-runtime returns, or none.",
  );
}
