import { estimateMedian, estimateRatio, quantity, times as ratio } from "@papilio/bench/analysis";
import { LINEAR_KINDS } from "./linear-kinds.ts";
import { table } from "./table.ts";
import type { Task } from "./task.ts";
import type { TimesFile } from "./time.ts";

/** Where times were measured, as Markdown; nothing where none were. */
export function timesNote(file: TimesFile | undefined): string {
  if (file === undefined) return "";
  const { command, date, node, processors, adapter } = file;
  return `Times were measured by \`${command}\` on ${date.slice(0, 10)}, Node ${node}, ${processors}, the adapter ${adapter ?? "-"}: medians with intervals of 95 %, each kind in the same rounds as dense layers, after both were verified. A step of training is one of AdamW.\n\n`;
}

const TIMED = { inference: "inference", training: "a step of training" } as const;
const PLACES = { cpu: "the CPU", adapter: "the adapter" } as const;

/** The table of a task; nothing where it was not timed. */
export function timesOf({ name, unit, batch }: Task, file: TimesFile | undefined): string {
  const own = (file?.times ?? []).filter(({ task }) => task === name);
  if (own.length === 0) return "";
  const rows = own.map(({ kind, timed, processor, dense, butterfly }) => {
    const speedUp = estimateRatio(dense, butterfly);
    return [
      LINEAR_KINDS[kind],
      TIMED[timed],
      PLACES[processor],
      secondsOf(dense),
      secondsOf(butterfly),
      `${ratio(speedUp.median)} (${ratio(speedUp.lower)} to ${ratio(speedUp.upper)})`,
    ];
  });
  const head = ["layers", "what", "on", "dense", "butterfly", "dense over butterfly"];
  return `\nTimes, of ${unit} and of a step of training on ${batch === 1 ? "as much" : `${batch} times as much`}:\n\n${table(head, rows)}\n`;
}

function secondsOf(samples: readonly number[]): string {
  const { median, lower, upper } = estimateMedian(samples);
  return `${quantity(median, "s")} (${quantity(lower, "s")} to ${quantity(upper, "s")})`;
}
