import { requireArray, requireBoolean, requireProgress } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import type { Dropped } from "../linear-algebra/dropped.ts";
import { withKernels } from "../linear-algebra/kernels.ts";
import { scaleProduct } from "../matrix/balance.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import type { AnyButterfly } from "../matrix/permuted-butterfly.ts";
import type { Complex } from "../numeric/complex.ts";
import { type FloatArray, floatTypeOf } from "../numeric/float-array.ts";
import { safeExponent, timesPowerOfTwo } from "../numeric/powers-of-two.ts";
import type { Chain } from "../pattern/chain.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { availableThreads } from "../threads/thread.ts";
import { boundsOf, droppedAtSplits, type ErrorBounds } from "./bounds.ts";
import { splitAt, splitHierarchically } from "./hierarchical.ts";
import { arraysOf, mapParts, type Parts, partsOf, squaredNormOf } from "./parts.ts";
import { returnParts } from "./spare-buffers.ts";
import type { Split } from "./split-task.ts";
import { LocalSplitter, type OnWork, type Splitter, splitWork } from "./splitter.ts";
import { squaredError } from "./squared-error.ts";
import { onSupport, transposeDense, validateTarget } from "./target.ts";
import { type FactorizationTree, isOneSided, mirrored, type TreeNode, treesOf } from "./tree.ts";
import { WorkerSplitter } from "./worker-splitter.ts";

/** Multiplications, about half a second of them, for which threads are started. */
const MIN_THREADED_WORK = 2e8;

export interface FactorizeOptions {
  /**
   * In which order the chain is split; `"left-to-right"` unless given, whose bound is the best. A balanced
   * tree is tried with the odd factor on the left and on the right, and the nearer one kept.
   */
  readonly tree?: FactorizationTree;
  /**
   * Whether to find the bounds of the error, which takes a truncation of the whole matrix for each
   * split; true unless given.
   */
  readonly bounds?: boolean;
  /**
   * Stops the work; the promise then rejects with the signal's reason. Threads are stopped at once; with
   * one, where it is called, the block under way is split first, which takes seconds from a side of 1000 on.
   */
  readonly signal?: AbortSignal;
  /** Called with the share of the work that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /**
   * Threads that split at most; all processors unless given. With 1 it is done where it is called, and so
   * are splits of some milliseconds, for which threads are not worth waking. For several, a matrix is copied
   * once unless its array is in a `SharedArrayBuffer`. Results are the same to the last bit for any number.
   */
  readonly threads?: number;
  /**
   * Inner loops in WebAssembly with two lanes: what `factorizationKernels()` of `@papilio/cpu-runtime`
   * returns, several times as fast. Without them, or where an engine lacks SIMD, the loops of this package
   * run. Results differ by roundings.
   */
  readonly kernels?: Uint8Array;
}

/** What {@link factorize} finds. */
export interface Factorization<M> {
  /** In the precision of the matrix. */
  readonly matrix: M;
  /** `|A - B| / |A|` in the Frobenius norm, of the factors as they are; 0 for a matrix of zeros. */
  readonly error: number;
  /** Undefined where they were not asked for. */
  readonly bounds: ErrorBounds | undefined;
  /** Seconds that it took. */
  readonly seconds: number;
}

/**
 * The butterfly matrix of a chain that is near to a dense matrix: the hierarchical factorization. Each
 * split is optimal, and the whole is within `sqrt(L-1)` of the best butterfly for a one-sided tree of
 * `L` factors, within `L-1` for others. A matrix that is such a butterfly is recovered to rounding.
 *
 * Of two factors (a Monarch chain) it is the best approximation, in closed form. About `rows·cols`
 * times the smaller side of the blocks of each split in time; in memory once to three times the
 * matrix in float32, and a copy of it for threads.
 *
 * Source: arXiv 2411.04506 (error bound, Theorem on the approximation ratio); arXiv 2204.00595 for the
 * projection onto Monarch matrices.
 *
 * @param dense `[rows, cols]` row-major, for the rows and columns of the chain; kept as it is
 * @throws PapilioError `DENSE_LENGTH`, `MATRIX_NOT_FINITE`, `COMPLEX_PARTS`, `CHAIN_NOT_CHAINABLE`,
 *   `TREE_INVALID`, `THREADS_INVALID`, `ARRAY_TYPE`, `OPTION_INVALID`; the signal's reason when it aborts
 *
 * @example
 * ```ts
 * const { matrix, error, bounds } = await factorize(weights, Chain.monarch(1024));
 * ```
 */
export function factorize<V extends FloatArray>(
  dense: V,
  chain: Chain,
  options?: FactorizeOptions,
): Promise<Factorization<Butterfly<V>>>;
export function factorize<V extends FloatArray>(
  dense: Complex<V>,
  chain: Chain,
  options?: FactorizeOptions,
): Promise<Factorization<ComplexButterfly<V>>>;
export function factorize(
  dense: FloatArray | Complex<FloatArray>,
  chain: Chain,
  options?: FactorizeOptions,
): Promise<Factorization<AnyButterfly>>;
export async function factorize(
  dense: FloatArray | Complex<FloatArray>,
  chain: Chain,
  options: FactorizeOptions = {},
): Promise<Factorization<AnyButterfly>> {
  requireProgress(options);
  const { tree = "left-to-right", bounds = true, kernels } = options;
  requireBoolean("bounds", bounds);
  if (kernels !== undefined) requireArray("The kernels", kernels, "Uint8Array");
  withKernels(kernels, () => validateTarget(dense, chain));
  chain.product(); // refuses factors that are not chainable
  if (chain.transposed) {
    const turned = transposeDense(dense, chain.rows, chain.cols);
    const mirror = { ...options, tree: mirrored(tree, chain.length) };
    const found = await factorizeDirect(turned, chain.transpose(), mirror);
    return { ...found, matrix: found.matrix.transpose() };
  }
  return await factorizeDirect(dense, chain, options);
}

async function factorizeDirect(
  dense: FloatArray | Complex<FloatArray>,
  chain: Chain,
  options: FactorizeOptions,
): Promise<Factorization<AnyButterfly>> {
  const start = performance.now();
  const { tree = "left-to-right", bounds: wanted = true, signal, kernels } = options;
  signal?.throwIfAborted();
  const roots = treesOf(tree, chain.length);
  const given = partsOf(dense);
  const squares = withKernels(kernels, () => squaredNormOf(given));
  const exponent = safeExponent(arraysOf(given), squares);
  const whole = mapParts(given, (part) => timesPowerOfTwo(part, exponent));
  const squaredNorm = exponent === 0 ? squares : squaredNormOf(whole);
  const { values, off } = onSupport(whole, chain.product());
  using splitter = openSplitter(totalWork(chain, roots, wanted), options);
  let best: Attempt | undefined;
  for (const root of roots) {
    const { factors, droppedFirst } = await splitHierarchically(chain, values, root, splitter);
    const matrix = butterflyOf(chain, factors, whole);
    if (factors.length > 1) factors.forEach(returnParts);
    const missed = off + (await squaredError(values, matrix, splitter, kernels));
    if (best === undefined || missed < best.missed) best = { root, matrix, missed, droppedFirst };
  }
  const { root, matrix, missed, droppedFirst } = best as Attempt;
  const error = squaredNorm === 0 ? 0 : Math.sqrt(missed / squaredNorm);
  let bounds: ErrorBounds | undefined;
  if (wanted) {
    const known = { at: root.children?.[0].to ?? 0, dropped: droppedFirst };
    const dropped = await droppedAtSplits(chain, values, splitter, known);
    const oneSided = isOneSided(root);
    bounds = boundsOf(chain, dropped, off, squaredNorm, { oneSided, type: whole.re });
  }
  signal?.throwIfAborted();
  options.onProgress?.(1);
  return {
    matrix: exponent === 0 ? matrix : scaleProduct(matrix, -exponent),
    error,
    bounds,
    seconds: (performance.now() - start) / 1000,
  };
}

/** What is found down a tree, with the squared norm of what it misses of the matrix. */
interface Attempt {
  readonly root: TreeNode;
  readonly matrix: AnyButterfly;
  readonly missed: number;
  readonly droppedFirst: Dropped;
}

/** The factors, rounded to the precision of the matrix. */
function butterflyOf(chain: Chain, factors: readonly Parts[], { re }: Parts): AnyButterfly {
  const type = floatTypeOf(re);
  const part = (values: FloatArray | undefined, index: number): KroneckerSparse<FloatArray> =>
    new KroneckerSparse(chain.patterns[index] as Pattern, values as FloatArray).convert(type);
  const [first] = factors;
  if (first?.im === undefined) {
    return new Butterfly(factors.map((values, index) => part(values.re, index)));
  }
  return new ComplexButterfly(
    factors.map(
      (values, index) => new ComplexKroneckerSparse(part(values.re, index), part(values.im, index)),
    ),
  );
}

/** Multiplications of all the splits of some trees, and of the bounds. */
function totalWork(chain: Chain, roots: readonly TreeNode[], bounds: boolean): number {
  const work = (split: Split): number => split.classes * splitWork(split);
  const below = ({ from, to, children }: TreeNode): number =>
    children === undefined
      ? 0
      : work(splitAt(chain, from, children[0].to, to)) + below(children[0]) + below(children[1]);
  let sum = roots.reduce((total, root) => total + below(root), 0);
  for (let at = 1; bounds && at < chain.length; at++) {
    if (at !== roots[0]?.children?.[0].to) sum += work(splitAt(chain, 0, at, chain.length));
  }
  return sum;
}

/** Reports each hundredth. */
function countWork(total: number, onProgress: FactorizeOptions["onProgress"]): OnWork {
  let done = 0;
  let reported = 0;
  return (amount) => {
    done += amount;
    const share = Math.floor((100 * done) / total) / 100;
    if (share <= reported || share >= 1) return;
    reported = share;
    onProgress?.(share);
  };
}

/** @throws PapilioError `THREADS_INVALID`, `ARRAY_TYPE` */
function openSplitter(work: number, options: FactorizeOptions): Splitter {
  const { onProgress, threads } = options;
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new PapilioError(
      "THREADS_INVALID",
      `The number of threads is ${describeValue(threads)}.`,
      "Give a whole number of at least 1, or none for all processors.",
    );
  }
  const onWork = countWork(work, onProgress);
  const defaultThreads = work < MIN_THREADED_WORK ? 1 : availableThreads();
  const count = Math.min(threads ?? defaultThreads, availableThreads());
  return count === 1
    ? new LocalSplitter(onWork, options)
    : new WorkerSplitter(count, onWork, options);
}
