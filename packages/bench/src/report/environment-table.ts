import { formatBytes } from "@papilio/butterfly/errors";
import { counted, percent, quantity } from "../analysis/format.ts";
import type { Environment, MeasureRecord } from "../results/results.ts";
import type { ReportData } from "./data.ts";
import type { Table } from "./speed-tables.ts";

/** Where and how the run was made. */
export function environmentTable({ results, summary }: ReportData): Table {
  const { environment, options, resumed, complete } = results;
  const { maxRunSeconds } = options;
  const limit =
    maxRunSeconds === null ? "" : `; runs longer than ${quantity(maxRunSeconds, "s")} are skipped`;
  return whereTable(environment, [
    ["samples", `${samplesText(options)}${limit}`],
    [
      "times compared by",
      summary.clock === "device" ? "the device's timestamps" : "the wall clock",
    ],
    ["resumed", resumed === 0 ? "no" : counted(resumed, "time")],
    ["complete", complete ? "yes" : "no, stopped before the last case"],
  ]);
}

/** How samples were taken, in words. */
export function samplesText({
  rounds,
  minSample,
  seed,
}: Pick<MeasureRecord, "rounds" | "minSample" | "seed">): string {
  return `${counted(rounds, "round")} of at least ${quantity(minSample, "s")}, seed ${seed}`;
}

/** A table of an environment, and of what else there is to say of a run. */
export function whereTable(environment: Environment, how: readonly (readonly string[])[]): Table {
  return {
    kind: "table",
    caption: "Where and how the run was made",
    figures: false,
    head: ["", ""],
    rows: [
      ...adapterRows(environment),
      ["date", environment.date],
      ["command", environment.command],
      ["revision", environment.revision ?? "unknown"],
      ["platform", environment.platform],
      ["processors", environment.processors],
      [
        "versions",
        Object.entries(environment.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(", "),
      ],
      ["load before the run", loadText(environment)],
      ["clocks' smallest steps", clockText(environment)],
      [
        "last-level cache",
        environment.cacheBytes === null ? "unknown" : formatBytes(environment.cacheBytes),
      ],
      ["measured rates", ratesText(environment)],
      ["energy", energyText(environment)],
      ...how,
    ],
  };
}

function adapterRows({ adapter }: Environment): string[][] {
  if (adapter === null) return [["adapter", "none: all was computed on the CPU"]];
  const { features, vendor, architecture } = adapter;
  const subgroups =
    features.subgroups === null
      ? "no subgroups"
      : `subgroups of ${features.subgroups.min === features.subgroups.max ? features.subgroups.min : `${features.subgroups.min} to ${features.subgroups.max}`}`;
  return [
    ["adapter", adapter.name],
    ["vendor", [vendor, architecture].filter((text) => text !== "").join(", ") || "unknown"],
    ["driver", adapter.driver],
    [
      "kind",
      [
        adapter.kind,
        features.f16 ? "f16" : "no f16",
        subgroups,
        features.timestamps ? "timestamps" : "no timestamps",
      ].join(", "),
    ],
    ...adapter.passedOver.map(({ name, reason }) => ["passed over", `${name}: ${reason}`]),
  ];
}

function loadText({ load: { average, busy } }: Environment): string {
  const parts = [
    ...(average === null ? [] : [`load average ${average}`]),
    ...(busy === null ? [] : [`other work on ${percent(busy)} of the cores`]),
  ];
  return parts.join(", ") || "unknown";
}

function clockText({ clockSteps: { device, wall } }: Environment): string {
  const step = (seconds: number | null): string =>
    seconds === null ? "none" : quantity(seconds, "s");
  return `device ${step(device)}, wall ${step(wall)}`;
}

function ratesText({ rates }: Environment): string {
  if (rates === null) return "not measured";
  return `copy ${quantity(rates.copyBytesPerSecond, "B/s")}, arithmetic ${quantity(rates.flopsPerSecond, "FLOP/s")} in f32, empty dispatch ${quantity(rates.dispatchSeconds, "s")}`;
}

function energyText({ energy }: Environment): string {
  return "reason" in energy
    ? `not measured: ${energy.reason}`
    : `${energy.meter}, ${quantity(energy.idleWatts, "W")} when idle`;
}
