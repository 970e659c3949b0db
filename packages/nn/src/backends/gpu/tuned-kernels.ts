import type { Chain } from "@papilio/butterfly";
import { wrongArgument } from "@papilio/butterfly/errors";
import type { AdapterReport, InputShape, Plan } from "@papilio/gpu-runtime";
import type { AttentionProblem, AttentionVariant } from "@papilio/gpu-runtime/kernels";
import { type Check, having } from "../../arguments/checks.ts";
import type { MeasuredKernels } from "../../operations/device-lowering.ts";

/** What was measured to be the fastest for one of the problems of a graph. */
export interface TunedChoice {
  readonly kind: "attention" | "plan";
  /** The problem, in words. */
  readonly what: string;
  /** The shape or the plan that is taken: what `attentionName` or `planName` says. */
  readonly name: string;
  readonly from: "cache" | "measurement";
}

/** Shapes of kernels and plans that were measured on a device for the problems of a graph: see `tuneModel`. */
export interface TunedKernels extends MeasuredKernels {
  /** One for each problem. */
  readonly choices: readonly TunedChoice[];
  /** @throws PapilioError `OPTION_INVALID` unless they were measured on such a device */
  requireFor(report: AdapterReport): void;
}

/** What was measured, by the device and by the problems. */
export class KernelTable implements TunedKernels {
  readonly choices: readonly TunedChoice[];
  readonly #device: string;
  readonly #attention: ReadonlyMap<string, AttentionVariant>;
  readonly #plans: ReadonlyMap<string, Plan>;

  /** The maps are by {@link attentionKey} and {@link planKey}. */
  constructor(
    report: AdapterReport,
    choices: readonly TunedChoice[],
    attention: ReadonlyMap<string, AttentionVariant>,
    plans: ReadonlyMap<string, Plan>,
  ) {
    this.#device = deviceKey(report);
    this.choices = choices;
    this.#attention = attention;
    this.#plans = plans;
  }

  requireFor(report: AdapterReport): void {
    if (deviceKey(report) === this.#device) return;
    throw wrongArgument(
      "tuned",
      "what was measured on another device",
      `what tuneModel returns for ${report.name}`,
    );
  }

  attention(problem: AttentionProblem): AttentionVariant | undefined {
    return this.#attention.get(attentionKey(problem));
  }

  plan(chain: Chain, shape: InputShape): Plan | undefined {
    return this.#plans.get(planKey(chain, shape));
  }
}

export const tunedCheck: Check = having(
  "what tuneModel returns",
  "requireFor",
  "attention",
  "plan",
);

/** The same for problems that are the same but for where their operands are. */
export function attentionKey({ q, k, v, y, ...problem }: AttentionProblem): string {
  const operands = [q, k, v, y].map(({ batch, layout }) => [batch, layout]);
  return JSON.stringify([Object.entries(problem).sort(([p], [r]) => (p < r ? -1 : 1)), operands]);
}

export function planKey(chain: Chain, { batch, layout, dtype }: InputShape): string {
  return `${chain} of ${batch} vectors, ${layout} ${dtype}`;
}

function deviceKey({ name, driver, features, limits }: AdapterReport): string {
  return JSON.stringify([name, driver, features, limits]);
}
