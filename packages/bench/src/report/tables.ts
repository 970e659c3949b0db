import { formatBytes } from "@papilio/butterfly/errors";
import { counted, outOf, percent, quantity, times } from "../analysis/format.ts";
import type { CaseSummary, GroupSummary, Ranked, RunSummary } from "../analysis/summarize.ts";
import { caseName } from "../cases/case.ts";
import type { Environment, MeasureRecord, SkippedCase } from "../results/results.ts";
import { byFacet, facetLabel, type ReportData } from "./data.ts";
import type { Block } from "./document.ts";

/** Losing cases that are shown at once. */
const WORST = 10;
/** Losing cases beyond which a table would no longer be read. */
const MOST_LOSSES = 1000;
/** Cases that are named for a reason to skip. */
const EXAMPLES = 3;

type Table = Extract<Block, { kind: "table" }>;

/** Table of the groups, and once more without the CPU where it took part. */
export function groupTables({ summary, adapterSummary }: ReportData): Block[] {
  const table = (caption: string, run: RunSummary): Table => ({
    kind: "table",
    caption,
    figures: true,
    head: [
      "cases",
      "Papilio is the faster",
      "surely",
      "as fast",
      "median speed-up",
      "least",
      "most",
      "shuffles of bmm: time",
      "bytes",
    ],
    rows: [
      ...run.groups.toSorted(byFacet).map((group) => groupRow(facetLabel(group), group)),
      groupRow("all", run.all),
      groupRow("(b + c) / (b·c) ≥ 1/16", run.highRatio),
    ],
  });
  if (summary.all.compared === 0) return [];
  return adapterSummary === summary
    ? [
        table(
          "The fastest of Papilio's against the fastest other, over cases with several blocks",
          summary,
        ),
      ]
    : [
        table(
          "The fastest of Papilio's against the fastest other, those on the CPU included, over cases with several blocks",
          summary,
        ),
        table("The same among those on the adapter alone", adapterSummary),
      ];
}

function groupRow(name: string, group: GroupSummary): string[] {
  const { compared, fastest, surelyFastest, even, speedup, rewriting, rewritingBytes } = group;
  return [
    name,
    outOf(fastest, compared),
    outOf(surelyFastest, compared),
    outOf(even, compared),
    times(speedup?.median),
    times(speedup?.least),
    times(speedup?.most),
    percent(rewriting),
    percent(rewritingBytes),
  ];
}

/** The losing cases: the worst at once, all on demand. */
export function losses({ summary }: ReportData): Block[] {
  const { losses: all } = summary;
  if (summary.all.compared === 0) return [];
  if (all.length === 0) {
    return [
      {
        kind: "paragraph",
        text: "None: no other implementation is faster than Papilio's in any case compared.",
      },
    ];
  }
  const table = (caption: string, cases: readonly CaseSummary[]): Table => ({
    kind: "table",
    caption,
    figures: true,
    head: [
      "case",
      "Papilio's best",
      "its time",
      "best other",
      "its time",
      "speed-up",
      "95 % interval",
      "(b + c) / (b·c)",
    ],
    rows: cases.map(lossRow),
  });
  const shown = all.slice(0, MOST_LOSSES);
  const lost = `Another implementation is faster than all of Papilio's in ${outOf(all.length, summary.all.compared)} cases.`;
  return [
    { kind: "paragraph", text: lost },
    table(
      all.length > WORST ? `The ${WORST} worst` : "All of them, the worst first",
      all.slice(0, WORST),
    ),
    ...(all.length > WORST
      ? [
          {
            kind: "details" as const,
            summary:
              shown.length < all.length
                ? `The worst ${shown.length} of ${all.length} losing cases`
                : `All ${all.length} losing cases`,
            blocks: [table("The worst first", shown)],
          },
        ]
      : []),
  ];
}

function lossRow({ name, ours, other, speedup, ratio }: CaseSummary): string[] {
  const cells = (ranked: Ranked | undefined): [string, string] =>
    ranked === undefined ? ["-", "-"] : [ranked.implementation, quantity(ranked.time.median, "s")];
  return [
    name,
    ...cells(ours),
    ...cells(other),
    times(speedup?.median),
    speedup === undefined ? "-" : `${times(speedup.lower)} to ${times(speedup.upper)}`,
    String(Number(ratio.toPrecision(2))),
  ];
}

/** What was not measured, by reason: whole cases, and implementations in cases. */
export function skippedTables({ results }: ReportData): Block[] {
  const entries = results.cases.flatMap((item) =>
    item.results.flatMap((entry) =>
      entry.status === "skipped"
        ? [{ implementation: entry.implementation, reason: entry.reason, name: caseName(item) }]
        : [],
    ),
  );
  const byReason = Map.groupBy(entries, ({ implementation, reason }) =>
    JSON.stringify([implementation, generalized(reason)]),
  );
  const tables: Table[] = [];
  if (results.skipped.length > 0) tables.push(skippedCases(results.skipped));
  if (byReason.size > 0) {
    tables.push({
      kind: "table",
      caption: "Implementations that could not do a case",
      figures: false,
      head: ["implementation", "cases", "reason", "for example"],
      rows: [...byReason.values()]
        .toSorted((p, q) => q.length - p.length)
        .map((group) => {
          const [first] = group as [(typeof group)[0]];
          return [
            first.implementation,
            String(group.length),
            group.every(({ reason }) => reason === first.reason)
              ? first.reason
              : generalized(first.reason),
            examples(group.map(({ name }) => name)),
          ];
        }),
    });
  }
  return tables.length > 0
    ? tables
    : [{ kind: "paragraph", text: "Nothing: every implementation did every case." }];
}

function skippedCases(skipped: readonly SkippedCase[]): Table {
  const groups = Map.groupBy(skipped, ({ cause, reason }) => `${cause} ${generalized(reason)}`);
  return {
    kind: "table",
    caption: `Cases that were not run: ${skipped.length}`,
    figures: false,
    head: ["cause", "cases", "reason", "for example"],
    rows: [...groups.values()]
      .toSorted((p, q) => q.length - p.length)
      .map((group) => {
        const [first] = group as [SkippedCase];
        return [
          first.cause === "device" ? "the device" : "the time",
          String(group.length),
          group.every(({ reason }) => reason === first.reason)
            ? first.reason
            : generalized(first.reason),
          examples(group.map(caseName)),
        ];
      }),
  };
}

/** A reason without the figures of its case, so that cases with the same reason count together. */
function generalized(reason: string): string {
  return reason
    .replace(/\d+(?:,\d+){3}(?:;\d+(?:,\d+){3})*/g, "…")
    .replace(/\d+(?:[.,]\d+)*/g, (figure) => (figure.length > 2 ? "…" : figure));
}

function examples(names: readonly string[]): string {
  const more = names.length - EXAMPLES;
  return `${names.slice(0, EXAMPLES).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

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
