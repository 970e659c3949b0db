import { Chain, chainCost } from "@papilio/butterfly";
import { median } from "@papilio/butterfly/numeric";
import { denseFlops } from "@papilio/butterfly/pattern";
import type { Case } from "../cases/case.ts";
import type { Implementation } from "../implementations/implementation.ts";
import { wholePattern } from "../implementations/whole-product.ts";
import type { CaseResult, Rates } from "../results/results.ts";

/** Until rates are measured: orders of magnitude that a software adapter reaches. */
const SLOW_RATES: Rates = { copyBytesPerSecond: 1e10, flopsPerSecond: 1e10, dispatchSeconds: 1e-4 };
/** Shorter cases are taken for this long, so that their logarithm exists. */
const MIN_SECONDS = 1e-3;
/** How many of the last cases say how far times are from the model. */
const REMEMBERED = 50;

/**
 * Predicts how long cases take, from the cost model and from how long the cases before them took:
 * good enough to keep a budget and to foresee a run of minutes, not to rank implementations.
 */
export class DurationEstimator {
  /** Seconds that the cases learned from took together. */
  spent = 0;
  /** Seconds of the case under way that no later case takes. */
  #once = 0;
  readonly #rates: Rates;
  readonly #dense: ReadonlySet<string>;
  /** Seconds that the last cases took as a whole, beside those of one run by the model. */
  #cases: readonly { readonly modelled: number; readonly seconds: number }[] = [];
  /** Measured over modelled seconds, for each implementation, type and layout. */
  readonly #factors = new Map<string, number[]>();

  constructor(implementations: readonly Implementation[], rates: Rates | null) {
    this.#rates = rates ?? SLOW_RATES;
    this.#dense = new Set(
      implementations.filter(({ arithmetic }) => arithmetic === "product").map(({ name }) => name),
    );
  }

  /** Takes a measured case into account. */
  learn(result: CaseResult): void {
    const { seconds, results, dtype, layout } = result;
    const item: Case = { ...result, chain: Chain.parse(result.chain) };
    if (seconds !== null) {
      this.spent += seconds;
      this.#cases = [
        ...this.#cases.slice(1 - REMEMBERED),
        {
          modelled: this.#modelled(item, false),
          seconds: Math.max(MIN_SECONDS, seconds - this.#once),
        },
      ];
      this.#once = 0;
    }
    for (const entry of results) {
      if (entry.status !== "timed" || entry.timing.wall.length === 0) continue;
      const { implementation, timing } = entry;
      this.#remember(
        `${implementation} ${dtype} ${layout}`,
        median(timing.wall) / this.#modelled(item, this.#dense.has(implementation)),
      );
    }
  }

  /**
   * Takes the seconds of a run into account that is not in the results, because it took too long.
   *
   * @param spent seconds that the case under way took to find it out, which later cases need not
   */
  observe({ name, arithmetic }: Implementation, item: Case, seconds: number, spent: number): void {
    this.#once += spent;
    this.#remember(
      `${name} ${item.dtype} ${item.layout}`,
      seconds / this.#modelled(item, arithmetic === "product"),
    );
  }

  /** Predicted seconds for one run; undefined where nothing like it has been measured. */
  runSeconds({ name, arithmetic }: Implementation, item: Case): number | undefined {
    const known = this.#factors.get(`${name} ${item.dtype} ${item.layout}`);
    if (known === undefined) return undefined;
    return median(known) * this.#modelled(item, arithmetic === "product");
  }

  /** Predicted seconds for a case with all implementations; undefined before any case is measured. */
  caseSeconds(item: Case): number | undefined {
    return this.#cases.length === 0
      ? undefined
      : predictByPower(this.#cases, this.#modelled(item, false));
  }

  /** Predicted seconds for cases that are still to come, `budget` in all at most. */
  left(items: readonly Case[], budget: number): number | undefined {
    const predicted = items.map((item) => this.caseSeconds(item));
    if (predicted.every((seconds) => seconds === undefined)) return undefined;
    const total = predicted.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
    return Math.min(total, Math.max(0, budget - this.spent));
  }

  #remember(key: string, factor: number): void {
    const known = this.#factors.get(key) ?? [];
    known.push(factor);
    this.#factors.set(key, known.slice(-REMEMBERED));
  }

  #modelled({ chain, batch, dtype }: Case, dense: boolean): number {
    const { flops, bytes } = chainCost(chain, batch, dtype);
    const operations = dense ? denseFlops(wholePattern(chain), batch) : flops;
    const { flopsPerSecond, copyBytesPerSecond, dispatchSeconds } = this.#rates;
    return operations / flopsPerSecond + bytes.total / copyBytesPerSecond + dispatchSeconds;
  }
}

/** Weight of the expectation that a case of sixteen times the work takes twice as long. */
const PRIOR = { exponent: 0.25, weight: 4 };

/**
 * Seconds of a case as a power of its work, by least squares of the logarithms. A case takes what is the
 * same for all, such as compiling, and what grows with its work: the exponent lies between 0 and 1, and is
 * 0.25 until cases of different sizes show another one.
 */
function predictByPower(
  cases: readonly { readonly modelled: number; readonly seconds: number }[],
  modelled: number,
): number {
  const points = cases.map((one) => [Math.log(one.modelled), Math.log(one.seconds)] as const);
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([p]) => p), mean(([, q]) => q)];
  const spread = points.reduce((sum, [p]) => sum + (p - x) ** 2, 0);
  const together = points.reduce((sum, [p, q]) => sum + (p - x) * (q - y), 0);
  const slope = (together + PRIOR.weight * PRIOR.exponent) / (spread + PRIOR.weight);
  return Math.exp(y + Math.min(1, Math.max(0, slope)) * (Math.log(modelled) - x));
}
