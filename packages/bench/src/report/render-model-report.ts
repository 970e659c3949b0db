import { requireList } from "@papilio/butterfly/errors";
import { counted, percent } from "../analysis/format.ts";
import { BUSY_MACHINE } from "../analysis/summarize.ts";
import { MODEL_HEAD, modelLines, modelRows } from "../models/model-table.ts";
import { type ModelResults, variantName } from "../results/model-results.ts";
import { requireModelResults } from "../results/require-results.ts";
import { machineName } from "../results/results.ts";
import type { Block, ReportDocument, Section } from "./document.ts";
import { samplesText, whereTable } from "./environment-table.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import type { Report } from "./render-report.ts";

/**
 * Renders results of whole models as a page and as Markdown: for each file its variants in a table, what
 * was verified, where the time goes, and where it was measured. There are no figures. Nothing in a file is
 * trusted: its text is escaped wherever it goes.
 *
 * @example
 * ```ts
 * const { html } = await renderModelReport([parseModelResults(text)]);
 * ```
 */
export async function renderModelReport(parts: readonly ModelResults[]): Promise<Report> {
  requireList("The results", parts);
  for (const part of parts) requireModelResults(part);
  const report: ReportDocument = {
    title: "Papilio models",
    subtitle: [
      ...new Set(parts.map(({ environment }) => machineName(environment))),
      counted(parts.length, "model"),
    ].join(" · "),
    notices: parts.flatMap(noticesOf),
    sections: parts.flatMap(sectionsOf),
  };
  return { html: await renderHtml(report), markdown: renderMarkdown(report), figures: [] };
}

function sectionsOf(results: ModelResults, index: number): Section[] {
  const { environment, options, complete, model, units, unit } = results;
  const heading = `${model}, ${counted(units, unit.slice(0, -1))} a run`;
  return [
    {
      id: `model-${index + 1}`,
      heading,
      blocks: [
        {
          kind: "table",
          caption: "Linear layers, and what the model takes with them",
          figures: true,
          head: MODEL_HEAD,
          rows: modelRows(results),
        },
        { kind: "list", items: modelLines(results) },
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
    },
  ];
}

function noticesOf({ model, variants, complete, environment }: ModelResults): Block[] {
  const wrong = variants.filter(({ verification }) => !verification.ok);
  const { busy } = environment.load;
  const cautions = [
    ...(environment.adapter?.kind === "software"
      ? [
          `${model}: a software adapter, which computes on the CPU: its times are not those of a GPU.`,
        ]
      : []),
    ...(complete ? [] : [`${model}: the run was stopped before its last round.`]),
    ...(busy !== null && busy > BUSY_MACHINE
      ? [`${model}: other work took ${percent(busy)} of the machine's cores before the run.`]
      : []),
  ];
  return [
    ...(wrong.length === 0
      ? []
      : [
          {
            kind: "notice",
            tone: "wrong",
            text: `${counted(wrong.length, "variant")} of ${model} gave wrong outputs, and count nowhere below.`,
            items: wrong.map(variantName),
          } as const,
        ]),
    ...(cautions.length === 0
      ? []
      : [
          {
            kind: "notice",
            tone: "caution",
            text: "To be read with care:",
            items: cautions,
          } as const,
        ]),
  ];
}
