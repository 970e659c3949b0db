import type { BenchResults } from "../results/results.ts";
import type { Compared } from "./comparison.ts";

/** Intervals of fewer samples are too narrow. */
const FEW_SAMPLES = 5;

/** A share of the cores above this, taken by other work, blurs times. */
const BUSY = 0.1;

/** What of a run makes its times doubtful. */
export type RunFacts = Pick<BenchResults, "environment" | "options" | "complete" | "damagedLines">;

/** What makes the ratios of two runs doubtful, one sentence each. */
export function warningsOf(
  before: RunFacts,
  after: RunFacts,
  compared: readonly Compared[],
): string[] {
  const [old, now] = [before.environment, after.environment];
  const changed = (what: string, p: string, q: string): string[] =>
    p === q ? [] : [`The ${what} differs: ${p} before, ${q} after.`];
  const versions = [
    ...new Set([...Object.keys(old.versions), ...Object.keys(now.versions)]),
  ].sort();
  const few = compared.filter(({ samples }) => samples < FEW_SAMPLES).length;
  return [
    ...changed("adapter", old.adapter?.name ?? "none", now.adapter?.name ?? "none"),
    ...changed("driver", old.adapter?.driver ?? "none", now.adapter?.driver ?? "none"),
    ...changed(
      "machine",
      `${old.processors}, ${old.platform}`,
      `${now.processors}, ${now.platform}`,
    ),
    ...versions.flatMap((name) =>
      changed(`version of ${name}`, old.versions[name] ?? "none", now.versions[name] ?? "none"),
    ),
    ...(["rounds", "minSample", "seed", "maxRunSeconds"] as const).flatMap((option) =>
      changed(`option ${option}`, `${before.options[option]}`, `${after.options[option]}`),
    ),
    ...clocks(compared),
    ...state("before", before),
    ...state("after", after),
    ...(few > 0
      ? [
          `${few} of ${compared.length} ratios are of fewer than ${FEW_SAMPLES} samples: their intervals are too narrow.`,
        ]
      : []),
  ];
}

function clocks(compared: readonly Compared[]): string[] {
  const wall = compared.filter(({ clock }) => clock === "wall").length;
  return wall > 0 && wall < compared.length
    ? [`${wall} of ${compared.length} ratios are by the wall clock, the others by the device's.`]
    : [];
}

function state(which: string, { environment, complete, damagedLines }: RunFacts): string[] {
  const { busy } = environment.load;
  return [
    ...(complete ? [] : [`The run ${which} was stopped before its last case.`]),
    ...(damagedLines.length > 0
      ? [`The file of the run ${which} has ${damagedLines.length} lines that could not be read.`]
      : []),
    ...(busy !== null && busy > BUSY
      ? [`Other work took ${Math.round(busy * 100)} % of the cores when the run ${which} began.`]
      : []),
  ];
}
