import type { Evaluation, StepReport } from "@papilio/nn/training";

/** What is known of a step: a line of the file of metrics. */
export interface StepMetrics extends StepReport {
  readonly validation?: Evaluation;
}

/** Lines of a file of metrics, a JSON object each. */
export class Metrics {
  readonly #lines: string[] = [];

  /**
   * Takes the lines of the steps that a checkpoint has: what came after it is done again. A line that was cut off comes
   * last, and is no step.
   */
  continueFrom(text: string, steps: number): void {
    for (const line of text.split("\n")) {
      if (this.#lines.length < steps && stepOf(line) === this.#lines.length) this.#lines.push(line);
    }
  }

  add(metrics: StepMetrics): void {
    this.#lines.push(JSON.stringify(metrics));
  }

  /** The whole file. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }
}

function stepOf(line: string): unknown {
  try {
    return (JSON.parse(line) as { step?: unknown } | null)?.step;
  } catch {
    return undefined;
  }
}
