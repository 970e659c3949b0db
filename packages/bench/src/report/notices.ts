import { counted, percent } from "../analysis/format.ts";
import { BUSY_MACHINE, type RunSummary, WIDE_INTERVAL } from "../analysis/summarize.ts";
import { caseName } from "../cases/case.ts";
import { type BenchResults, machineName } from "../results/results.ts";
import type { Block } from "./document.ts";

/** Share of medians with wide intervals that is said aloud. */
const MANY_WIDE = 0.05;
/** Wrong results that are listed one by one. */
const MOST_LISTED = 100;

/** What is wrong with a run: a reader must know it before the first number. */
export function wrongNotices({ cases }: BenchResults): Block[] {
  const wrong = cases.flatMap((item) =>
    item.results.flatMap((entry) =>
      entry.status === "wrong"
        ? [`${entry.implementation} on ${caseName(item)}: ${errorOf(entry.verification)}`]
        : [],
    ),
  );
  if (wrong.length === 0) return [];
  const more = wrong.length - MOST_LISTED;
  return [
    {
      kind: "notice",
      text: `${counted(wrong.length, "result is", "results are")} wrong. They were not timed, and count nowhere below.`,
      items: [...wrong.slice(0, MOST_LISTED), ...(more > 0 ? [`and ${more} more`] : [])],
    },
  ];
}

/** What the cases of a run were measured on, where workers did so on several machines or adapters. */
function severalMachines({ environment, cases }: BenchResults): string[] {
  const counts = new Map<string, number>();
  for (const item of cases) {
    const name = machineName(item.environment ?? environment);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size < 2) return [];
  const each = [...counts].map(([name, count]) => `${counted(count, "case")} on ${name}`);
  return [
    `Workers measured the cases on several machines, and figures mix them: ${each.join(", ")}.`,
  ];
}

function errorOf({ maxRatio, nonFinite }: { maxRatio: number; nonFinite: number }): string {
  return nonFinite > 0
    ? `${counted(nonFinite, "element")} not finite`
    : `largest error ${maxRatio.toPrecision(3)} times its bound`;
}

/** What of a run is to be read with care. */
export function cautions(results: BenchResults, { wide }: RunSummary): Block[] {
  const { environment, complete, resumed, damagedLines, skipped } = results;
  const { average, busy } = environment.load;
  const cores = Number.parseInt(environment.processors, 10);
  const unmeasured = skipped.filter(({ cause }) => cause === "budget").length;
  const sentences = [
    ...severalMachines(results),
    ...(environment.adapter?.kind === "software"
      ? ["This is a software adapter, which computes on the CPU: its times are not those of a GPU."]
      : []),
    ...(complete ? [] : ["The run was stopped before its last case: the figures are of a part."]),
    ...(unmeasured > 0
      ? [
          `${counted(unmeasured, "case was", "cases were")} left out because there was no time left.`,
        ]
      : []),
    ...(resumed > 0
      ? [
          `The run was stopped and resumed ${resumed === 1 ? "once" : `${resumed} times`}: conditions may differ between its parts.`,
        ]
      : []),
    ...(busy !== null && busy > BUSY_MACHINE
      ? [`The machine was busy: other work took ${percent(busy)} of its cores before the run.`]
      : []),
    ...(busy === null && average !== null && average > Math.max(1, cores / 4)
      ? [`The machine was busy: its load average was ${average} before the run.`]
      : []),
    ...(wide.count > MANY_WIDE * wide.of
      ? [
          `${wide.count} of ${wide.of} medians are uncertain: their 95 % interval reaches further than ${percent(WIDE_INTERVAL)} from them.`,
        ]
      : []),
    ...(damagedLines.length > 0
      ? [
          `${counted(damagedLines.length, "line")} of the file could not be read: ${damagedLines.slice(0, 10).join(", ")}${damagedLines.length > 10 ? " and more" : ""}.`,
        ]
      : []),
  ];
  if (sentences.length === 0) return [];
  return [{ kind: "list", items: sentences }];
}
