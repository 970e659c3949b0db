import { dirname, join, relative, sep } from "node:path";
import type { Report, ReportOptions } from "@papilio/bench/report";
import { machineName, mergeResults } from "@papilio/bench/results";
import { PapilioError } from "@papilio/butterfly";
import { Command } from "commander";
import { makeFolder } from "../files/make-folder.ts";
import { FORCE_HELP, type OutputRequest, Outputs } from "../files/outputs.ts";
import { type ResultsInput, readResults } from "../files/results-input.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";

interface ReportFlags {
  readonly out: string;
  readonly svg?: string;
  readonly markdown?: string;
  readonly force?: boolean;
}

/** `papilio report`: results as a page with figures. */
export function reportCommand(interruption: Interruption): Command {
  return new Command("report")
    .description("Make one HTML page of results, with figures; it opens offline.")
    .argument(
      "<files...>",
      "results that `papilio bench` wrote, of one adapter, which are merged; or those of `papilio bench-model`",
    )
    .option("--out <file>", "where the page goes", "report.html")
    .option("--svg <folder>", "write each figure as an SVG file too")
    .option("--markdown <file>", "write the report as Markdown too, with links to the figures")
    .option("--force", FORCE_HELP)
    .addHelpText(
      "after",
      `
The paths of what was written go to stdout, the page's first.

Examples:
  papilio report results.jsonl
  papilio report vit-s16.json gpt2-medium-block.json --out models.html
  papilio report shard-1.jsonl shard-2.jsonl --out merged.html
  papilio report results.jsonl --svg figures --markdown report.md

${exitStatuses()}`,
    )
    .action((files: readonly string[], flags: ReportFlags) => report(files, flags, interruption));
}

async function report(
  files: readonly string[],
  flags: ReportFlags,
  interruption: Interruption,
): Promise<void> {
  const { out, svg: folder, markdown, force } = flags;
  const pages = [out, ...(markdown === undefined ? [] : [markdown])];
  const outputs = await Outputs.open(pages.map(asRequest), { inputs: files, force, interruption });
  const inputs: ResultsInput[] = [];
  for (const file of files) inputs.push(await readResults(file));
  const {
    html,
    markdown: text,
    figures,
  } = await render(
    inputs,
    folder === undefined || markdown === undefined
      ? {}
      : { figurePath: (name) => linkTo(markdown, join(folder, `${name}.svg`)) },
  );
  const written: [path: string, text: string][] = [[out, html]];
  if (markdown !== undefined) written.push([markdown, text]);
  if (folder !== undefined) {
    await makeFolder(folder);
    const pictures = figures.map(({ name, svg }): [string, string] => [
      join(folder, `${name}.svg`),
      svg,
    ]);
    await outputs.add(pictures.map(([path]) => asRequest(path)));
    written.push(...pictures);
  }
  await outputs.write(written);
  for (const [path] of written) outputs.say(path);
}

/** The report of results of multiplications, which are merged, or of models, one section each. */
async function render(inputs: readonly ResultsInput[], options: ReportOptions): Promise<Report> {
  const models = inputs.filter(({ areModels }) => areModels).length;
  if (models > 0 && models < inputs.length) {
    throw new PapilioError(
      "RESULTS_MIXED",
      `${models} of the ${inputs.length} files are of whole models, the others of multiplications.`,
      "Make one report of each kind.",
    );
  }
  if (models > 0) {
    const parts = inputs.map((input) => input.models());
    const { renderModelReport } = await import("@papilio/bench/report");
    return await renderModelReport(parts, options);
  }
  const results = mergeResults(inputs.map((input) => input.multiplications()));
  note(
    `Drawing ${results.cases.length} case${results.cases.length === 1 ? "" : "s"} of ${machineName(results.environment)}.`,
  );
  // The plotting library is large, and no other command needs it.
  const { renderReport } = await import("@papilio/bench/report");
  return await renderReport(results, options);
}

function asRequest(path: string): OutputRequest {
  return { path, writer: "papilio report" };
}

/** The way from a Markdown file to a figure, as a relative URL. */
function linkTo(markdown: string, figure: string): string {
  return relative(dirname(markdown), figure).split(sep).map(encodeURIComponent).join("/");
}
