import type { CaseOutcome } from "@papilio/bench";
import { shortCaseName } from "@papilio/bench/results";
import type { Evaluation, StepReport } from "@papilio/nn/training";
import { SingleBar } from "cli-progress";
import { note } from "../process/print.ts";

/** Shows on stderr how far a run is. */
export interface ProgressDisplay extends Disposable {
  /** @param left predicted seconds, where there is a prediction */
  update(done: number, total: number, left: number | undefined, outcome: CaseOutcome): void;
}

/** A bar on a terminal; elsewhere a line for each measured case. */
export function showProgress(): ProgressDisplay {
  return process.stderr.isTTY ? bar() : lines();
}

/** Shows on stderr which share of some work is done, on a terminal; elsewhere each quarter. */
export function showShare(what: string): Disposable & { update(share: number): void } {
  let shown = 0;
  if (!process.stderr.isTTY) {
    return {
      update(share) {
        const quarters = Math.floor(4 * share);
        if (quarters > shown) note(`${what}: ${25 * quarters} %`);
        shown = Math.max(shown, quarters);
      },
      [Symbol.dispose]: () => undefined,
    };
  }
  const single = new SingleBar({
    format: `${what} {bar} {percentage} %`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  single.start(100, 0);
  return {
    update: (share) => single.update(Math.floor(100 * share)),
    [Symbol.dispose]: () => single.stop(),
  };
}

function lines(): ProgressDisplay {
  return {
    update(done, total, left, outcome) {
      if (outcome.record === "skip") return;
      const time = left === undefined ? "" : `, about ${formatDuration(left)} left`;
      note(`${done} of ${total} cases${time}: ${shortCaseName(outcome)}`);
    },
    [Symbol.dispose]: () => undefined,
  };
}

function bar(): ProgressDisplay {
  const single = new SingleBar({
    format: "{bar} {value} of {total} cases{left}",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  let started = false;
  return {
    update(done, total, left) {
      const payload = { left: left === undefined ? "" : `, about ${formatDuration(left)} left` };
      if (!started) single.start(total, done, payload);
      started = true;
      single.update(done, payload);
    },
    [Symbol.dispose]: () => {
      if (started) single.stop();
      started = false;
    },
  };
}

/** How much of a job is done, and by how many workers. A bar on a terminal; elsewhere a line for each tenth. */
export function showJob(
  total: number,
): Disposable & { update(done: number, workers: number): void } {
  const waiting = "no worker has the model yet";
  const textOf = (workers: number): string =>
    workers === 0 ? waiting : `${workers} ${workers === 1 ? "worker" : "workers"}`;
  const single = process.stderr.isTTY
    ? new SingleBar({
        format: "{bar} {value} of {total} parts, {text}",
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
      })
    : undefined;
  single?.start(total, 0, { text: waiting });
  let tenths = 0;
  return {
    update(done, workers) {
      single?.update(done, { text: textOf(workers) });
      const reached = Math.floor((10 * done) / total);
      if (single !== undefined || reached <= tenths) return;
      tenths = reached;
      note(`${done} of ${total} parts, ${textOf(workers)}`);
    },
    [Symbol.dispose]: () => single?.stop(),
  };
}

/** How far a training is: its loss, rate and time left. A bar on a terminal; elsewhere a line for each evaluation. */
export function showTraining(total: number, done: number): TrainingDisplay {
  const start = performance.now();
  let validation = "";
  const textOf = ({ step, loss, rate }: StepReport): string => {
    const seconds = (performance.now() - start) / 1000;
    const left = formatDuration((seconds * (total - step - 1)) / (step + 1 - done));
    return `loss ${loss.toFixed(4)}, rate ${rate.toPrecision(3)}${validation}, about ${left} left`;
  };
  const single = process.stderr.isTTY
    ? new SingleBar({
        format: "{bar} {value} of {total} steps, {text}",
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
      })
    : undefined;
  single?.start(total, done, { text: "" });
  return {
    update(report, evaluation) {
      if (evaluation !== undefined) validation = `, validation ${evaluation.loss.toFixed(4)}`;
      const text = textOf(report);
      single?.update(report.step + 1, { text });
      if (single === undefined && evaluation !== undefined) {
        note(`${report.step + 1} of ${total} steps, ${text}`);
      }
    },
    [Symbol.dispose]: () => single?.stop(),
  };
}

interface TrainingDisplay extends Disposable {
  update(report: StepReport, evaluation: Evaluation | undefined): void;
}

/** Hours and minutes, or minutes and seconds: `1 h 05 min`, `3 min 20 s`, `12 s`. */
function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const padded = (value: number): string => String(value).padStart(2, "0");
  if (hours > 0) return `${hours} h ${padded(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${padded(whole % 60)} s`;
  return `${whole} s`;
}
