import { Chain, chainCost, denseFlops } from "@papilio/butterfly";
import type { Case } from "./case.ts";
import type { Implementation } from "./implementation.ts";
import type { CaseResult, Rates } from "./results.ts";
import { median } from "./statistics.ts";

/** Until rates are measured: orders of magnitude that a software adapter reaches. */
const SLOW_RATES: Rates = { copyBytesPerSecond: 1e10, flopsPerSecond: 1e10, dispatchSeconds: 1e-4 };
/** How many of the last cases say how far times are from the model. */
const REMEMBERED = 50;

/**
 * Predicts how long cases take, from the cost model and from how long the cases before them took:
 * good enough to keep a budget and to foresee a run of minutes, not to rank implementations.
 */
export class Pace {
  /** Seconds that the cases learned from took together. */
  spent = 0;
  readonly #rates: Rates;
  readonly #dense: ReadonlySet<string>;
  /** Measured over modelled seconds, for each implementation, type and layout, and for whole cases. */
  readonly #factors = new Map<string, number[]>();

  constructor(implementations: readonly Implementation[], rates: Rates | null) {
    this.#rates = rates ?? SLOW_RATES;
    this.#dense = new Set(
      implementations.filter(({ arithmetic }) => arithmetic === "product").map(({ name }) => name),
    );
  }

  /** Takes a measured case into account. */
  learn(result: CaseResult): void {
    const { seconds, dtype, layout, results } = result;
    const item: Case = { ...result, chain: Chain.parse(result.chain) };
    if (seconds !== null) {
      this.spent += seconds;
      this.#remember(`case ${dtype} ${layout}`, seconds / this.#modelled(item, false));
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

  /** Predicted seconds for one run; undefined where nothing like it has been measured. */
  runSeconds({ name, arithmetic }: Implementation, item: Case): number | undefined {
    const known = this.#factors.get(`${name} ${item.dtype} ${item.layout}`);
    if (known === undefined) return undefined;
    return median(known) * this.#modelled(item, arithmetic === "product");
  }

  /** Predicted seconds for a case with all implementations; undefined before any is measured. */
  caseSeconds(item: Case): number | undefined {
    const known = this.#factors.get(`case ${item.dtype} ${item.layout}`);
    return known && median(known) * this.#modelled(item, false);
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
    const operations = dense ? denseFlops(chain.product(), batch) : flops;
    const { flopsPerSecond, copyBytesPerSecond, dispatchSeconds } = this.#rates;
    return operations / flopsPerSecond + bytes.total / copyBytesPerSecond + dispatchSeconds;
  }
}
