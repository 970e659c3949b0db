import type { Pattern } from "@papilio/butterfly";
import { median } from "@papilio/butterfly/numeric";
import { type Case, caseName } from "../cases/case.ts";
import type { Rates } from "../results/results.ts";
import { type Observations, type Observed, type Point, pointOf } from "./observations.ts";
import { factorsOf, predictSeconds, secondsOf, workOf } from "./predict.ts";

/** How far one implementation's time lay from the model, at one factor of a measured case. */
interface Calibration {
  readonly source: Observed;
  readonly point: Point;
  /** Logarithm of measured over predicted time. */
  readonly excess: number;
  /** A chain of L factors tells of each only a share of 1/L. */
  readonly weight: number;
}

/** A time predicted from other cases. */
export interface Interpolated {
  readonly seconds: number;
  /** The measured case that weighs most. */
  readonly nearest: Observed;
  /** How far it lies, at the factor that is worst covered. */
  readonly distance: number;
}

/** Distance at which a measured case weighs e^(-1/2) of one at the spot: a doubling of a side. */
const BANDWIDTH = 1;

/**
 * Predicts times of cases that were not measured: the cost model, corrected by how far each
 * implementation lay from it on the measured ones, those alike weighing most (kernel regression by
 * Nadaraya and Watson, with a Gaussian, on the logarithm of the ratio).
 */
export class Interpolator {
  readonly #rates: Rates;
  readonly #byImplementation = new Map<string, Calibration[]>();

  constructor({ cases, clock, rates }: Observations) {
    this.#rates = rates;
    for (const source of cases) {
      const { chain, result } = source;
      for (const { implementation, timing } of source.timed) {
        const factors = factorsOf(implementation, { chain });
        const model = predictSeconds(implementation, { ...result, chain }, rates);
        const excess = Math.log(median(timing[clock]) / model);
        const known = this.#byImplementation.get(implementation) ?? [];
        this.#byImplementation.set(implementation, known);
        for (const pattern of factors) {
          known.push({
            source,
            point: pointOf(pattern, result),
            excess,
            weight: 1 / factors.length,
          });
        }
      }
    }
  }

  /** Names of the implementations that were timed. */
  get implementations(): readonly string[] {
    return [...this.#byImplementation.keys()];
  }

  /**
   * Predicts an implementation's time, or returns undefined where it was never timed in this
   * precision and layout.
   *
   * @param use which measured cases may be used: by default all but the case itself
   */
  predict(
    implementation: string,
    item: Case,
    use: (source: Observed) => boolean = otherThan(item),
  ): Interpolated | undefined {
    const { batch, dtype, layout } = item;
    const known = this.#byImplementation.get(implementation)?.filter(({ source }) => use(source));
    const alike = ({ source: { result } }: Calibration): boolean =>
      result.dtype === dtype && result.layout === layout;
    if (known === undefined || !known.some(alike)) return undefined;
    let seconds = 0;
    let worst: Omit<Interpolated, "seconds"> | undefined;
    for (const pattern of factorsOf(implementation, item)) {
      const { excess, ...covered } = smooth(known, pattern, item);
      const model = secondsOf(workOf(implementation, pattern, batch, dtype), this.#rates);
      seconds += model * Math.exp(excess);
      if (worst === undefined || covered.distance > worst.distance) worst = covered;
    }
    return worst && { seconds, ...worst };
  }
}

/** Every measured case but this one. */
function otherThan(item: Case): (source: Observed) => boolean {
  const name = caseName(item);
  return (source) => source.name !== name;
}

function smooth(
  known: readonly Calibration[],
  pattern: Pattern,
  item: Case,
): { excess: number; nearest: Observed; distance: number } {
  const point = pointOf(pattern, item);
  const squares = known.map((one) => squaredDistance(one.point, point));
  let first = 0;
  for (let index = 1; index < squares.length; index++) {
    if ((squares[index] as number) < (squares[first] as number)) first = index;
  }
  const least = squares[first] as number;
  let weights = 0;
  let sum = 0;
  known.forEach(({ excess, weight }, index) => {
    // Relative to the nearest: far from everything, that one counts, rather than none.
    const near = Math.exp((least - (squares[index] as number)) / (2 * BANDWIDTH ** 2));
    weights += weight * near;
    sum += weight * near * excess;
  });
  return {
    excess: sum / weights,
    nearest: (known[first] as Calibration).source,
    distance: Math.sqrt(least),
  };
}

function squaredDistance(p: Point, q: Point): number {
  let sum = 0;
  for (let axis = 0; axis < p.length; axis++) {
    sum += ((p[axis] as number) - (q[axis] as number)) ** 2;
  }
  return sum;
}
