import { requireList } from "@papilio/butterfly/errors";
import { counted, percent, quantity } from "../analysis/format.ts";
import { BUSY_MACHINE } from "../analysis/summarize.ts";
import { requireShape } from "../arguments/checks.ts";
import { MODEL_HEAD, modelLines, modelRows, PART_HEAD, partRows } from "../models/model-table.ts";
import { type ModelResults, variantName } from "../results/model-results.ts";
import { requireModelResults } from "../results/require-results.ts";
import { machineName } from "../results/results.ts";
import type { Block, ReportDocument, Section } from "./document.ts";
import { drawFigures } from "./draw.ts";
import { samplesText, whereTable } from "./environment-table.ts";
import { modelPartsFigure, modelTimesFigure } from "./figures/model-bars.ts";
import { modelOverview } from "./model-overview.ts";
import { renderDocument, reportOptions } from "./render-document.ts";
import type { Report, ReportOptions } from "./report.ts";

/**
 * Renders results of whole models as a page, as Markdown and as figures: the times of all models as bars, the
 * parts of each time, and for each file its variants in a table, what was verified, and where it was measured.
 * Nothing in a file is trusted: its text is escaped wherever it goes.
 *
 * @example
 * ```ts
 * const { html } = await renderModelReport([parseModelResults(text)]);
 * ```
 */
export async function renderModelReport(
  parts: readonly ModelResults[],
  options: ReportOptions = {},
): Promise<Report> {
  requireList("The results", parts);
  for (const part of parts) requireModelResults(part);
  requireShape("The options of renderModelReport", options, reportOptions);
  const { drawn, omitted } = await drawFigures([modelTimesFigure(parts), modelPartsFigure(parts)]);
  const figures = drawn.map((figure): Block => ({ kind: "figure", figure }));
  const glance: Block[] = [
    ...figures,
    ...omitted.map((text): Block => ({ kind: "paragraph", text })),
    modelOverview(parts),
  ];
  const care = cautionsOf(parts);
  const report: ReportDocument = {
    title: "Papilio models",
    subtitle: [
      ...new Set(parts.map(({ environment }) => machineName(environment))),
      counted(parts.length, "model"),
    ].join(" · "),
    notices: parts.flatMap(wrongNotices),
    sections: [
      { id: "glance", heading: "At a glance", blocks: glance },
      { id: "care", heading: "To be read with care", blocks: care },
      ...parts.map(sectionOf),
    ].filter(({ blocks }) => blocks.length > 0),
  };
  return await renderDocument(report, drawn, options);
}

function sectionOf(results: ModelResults, index: number): Section {
  const { environment, options, complete, model, units, unit } = results;
  return {
    id: `model-${index + 1}`,
    heading: `${model}, ${counted(units, unit.slice(0, -1))} a run`,
    blocks: [
      {
        kind: "table",
        caption: "Linear layers, and what the model takes with them",
        figures: true,
        head: MODEL_HEAD,
        rows: modelRows(results),
      },
      { kind: "list", items: modelLines(results) },
      ...partsTable(results),
      {
        kind: "details",
        summary: "Where and how it was measured",
        blocks: [
          whereTable(environment, [
            ["samples", samplesText(options)],
            ["times compared by", "the wall clock"],
            ["complete", complete ? "yes" : "no, stopped before the last round"],
          ]),
        ],
      },
    ],
  };
}

/** How near the parts of a run come to what the processor can do. */
function partsTable(results: ModelResults): Block[] {
  const rows = partRows(results);
  const { rates } = results;
  if (rows.length === 0 || rates === undefined) return [];
  const caption = `The longest parts of a run on the CPU, and how near each comes to what the processor reaches on one thread: ${quantity(rates.flopsPerSecond, "FLOP/s")} of multiply-adds in registers of 128 bits, times the threads, and a copy of ${quantity(rates.copyBytesPerSecond, "B/s")}, read and written`;
  const table: Block = { kind: "table", caption, figures: true, head: PART_HEAD, rows };
  return [{ kind: "details", summary: "How near the parts come to the peak", blocks: [table] }];
}

function wrongNotices({ model, variants }: ModelResults): Block[] {
  const wrong = variants.filter(({ verification }) => !verification.ok);
  if (wrong.length === 0) return [];
  return [
    {
      kind: "notice",
      text: `${counted(wrong.length, "variant")} of ${model} gave wrong outputs, and count nowhere below.`,
      items: wrong.map(variantName),
    },
  ];
}

/** What is true of several models is said once, with their names. */
function cautionsOf(parts: readonly ModelResults[]): Block[] {
  const models = new Map<string, Set<string>>();
  for (const { model, complete, environment, variants } of parts) {
    const { busy } = environment.load;
    const cautions = [
      ...(environment.adapter?.kind === "software"
        ? ["a software adapter, which computes on the CPU: its times are not those of a GPU."]
        : []),
      ...(variants.some(({ transfers }) => !transfers)
        ? ["times are without the copies of inputs to the device, and of outputs back."]
        : []),
      ...(complete ? [] : ["the run was stopped before its last round."]),
      ...(busy !== null && busy > BUSY_MACHINE
        ? [`other work took ${percent(busy)} of the machine's cores before the run.`]
        : []),
    ];
    for (const caution of cautions) {
      models.set(caution, (models.get(caution) ?? new Set()).add(model));
    }
  }
  if (models.size === 0) return [];
  const items = [...models].map(([caution, names]) => `${[...names].join(", ")}: ${caution}`);
  return [{ kind: "list", items }];
}
