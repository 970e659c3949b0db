import { requireOptions, requireWhole } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ButterflyProduct, type RealProduct } from "../matrix/butterfly-product.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { PermutedButterfly } from "../matrix/permuted-butterfly.ts";
import { indices, zeros } from "../numeric/float-array.ts";
import { Pattern } from "../pattern/pattern.ts";
import { waveletOrder } from "./permutations.ts";
import { requireSize } from "./size.ts";

type Real = Butterfly<Float64Array>;

export interface WaveletOptions {
  /** How often the coarse half is split again: as often as the size can be halved, unless given. */
  readonly levels?: number;
}

/** `[[p, q], [r, s]]`, row-major. */
type Block = readonly [number, number, number, number];

/**
 * The orthonormal Haar wavelet transform of `n = m·2^L` points: sums and differences of neighbours over
 * `sqrt(2)`, and of the sums again, coarse coefficients first. In place it is the chain
 * `(m·2^(l-1), 2, 2, 2^(L-l))`, dyadic for a power of two, before {@link waveletOrder}; a factor stores one
 * super-block.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE` unless `n` can be halved so often, once at least; `OPTION_INVALID`
 */
export function haar(n: number, options: WaveletOptions = {}): PermutedButterfly<Real> {
  const levels = levelsOf(n, options);
  const block = [Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2, -Math.SQRT1_2] as const;
  const factors = Array.from({ length: levels }, (_, index) => atLevel(n, levels - index, block));
  return new PermutedButterfly(new Butterfly(factors), { left: waveletOrder(n, levels) });
}

/**
 * The orthonormal Daubechies wavelet transform with four coefficients (two vanishing moments) of `n = m·2^L`
 * points, periodic: of each scale `y[i] = Σ h[t]·x[(2i + t) mod n]` for the coarse half, with
 * `h = (1 + √3, 3 + √3, 3 - √3, 1 - √3)/(4√2)`, and for the fine half with `(h3, -h2, h1, -h0)`, coarse
 * coefficients first. Each scale is a rotation of pairs by 60 degrees, a shift of every other number by a pair,
 * and a rotation by 15 degrees: `L + 1` butterflies, of at most two factors `(m·2^(l-1), 2, 2, 2^(L-l))`, with
 * shifts between them.
 *
 * Source: Daubechies, "Orthonormal bases of compactly supported wavelets" (1988); Vaidyanathan and Hoang,
 * "Lattice structures for optimal design and robust implementation of two-channel perfect-reconstruction QMF
 * banks" (1988), for it as rotations.
 *
 * @throws PapilioError `CONSTRUCTION_SIZE` unless `n` can be halved so often, once at least; `OPTION_INVALID`
 */
export function daubechies4(n: number, options: WaveletOptions = {}): RealProduct {
  const levels = levelsOf(n, options);
  const root = Math.sqrt(3);
  const [cosine, sine] = [(1 + root) / Math.sqrt(8), (1 - root) / Math.sqrt(8)];
  const stages = Array.from({ length: levels + 1 }, (_, index) => {
    // From the last scale to the first: the second rotation of one, behind the first one of the next.
    const level = levels - index;
    const factors: KroneckerSparse<Float64Array>[] = [];
    if (index > 0) factors.push(atLevel(n, level + 1, [0.5, root / 2, -root / 2, 0.5]));
    if (level > 0) factors.push(atLevel(n, level, [cosine, sine, sine, -cosine]));
    return new PermutedButterfly(new Butterfly(factors), {
      ...(index === 0 ? { left: waveletOrder(n, levels) } : {}),
      ...(level > 0 ? { right: shiftAtLevel(n, level) } : {}),
    });
  });
  return new ButterflyProduct<Float64Array, Real>(
    stages as unknown as [PermutedButterfly<Real>, ...PermutedButterfly<Real>[]],
  );
}

/** A block for the pairs of coarse numbers of a level, which lie `2^(level - 1)` apart; the others stay. */
function atLevel(n: number, level: number, block: Block): KroneckerSparse<Float64Array> {
  const pattern = new Pattern(n / 2 ** level, 2, 2, 2 ** (level - 1));
  const { a, d } = pattern;
  const values = zeros("float64", 4 * d);
  for (let entry = 0; entry < 4; entry++) {
    // The identity, row by row.
    values.fill(entry % 3 === 0 ? 1 : 0, entry * d, (entry + 1) * d);
    values[entry * d] = block[entry] as number;
  }
  return new KroneckerSparse(pattern, values, { a: a > 1, d: false });
}

/** Each odd one of the coarse numbers of a level is taken from the next pair, around the end. */
function shiftAtLevel(n: number, level: number): Uint32Array {
  const pair = 2 ** level;
  return indices(n).map((_, position) =>
    position % pair === pair / 2 ? (position + pair) % n : position,
  );
}

function levelsOf(n: number, options: WaveletOptions): number {
  requireOptions("The options", options);
  requireSize(n, 2);
  let most = 0;
  while (n % 2 ** (most + 1) === 0) most++;
  const { levels = most } = options;
  requireWhole("levels", levels);
  if (levels >= 1 && levels <= most) return levels;
  throw new PapilioError(
    "CONSTRUCTION_SIZE",
    `${n} numbers can be halved ${most} times, not ${levels} times, and once at least.`,
    most === 0 ? "Use an even number." : `Use from 1 to ${most} levels.`,
  );
}
