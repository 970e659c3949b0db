import { readFileSync } from "node:fs";
import { join } from "node:path";
import { percent, summarizeRun, times } from "@papilio/bench/analysis";
import { renderModelReport, renderReport } from "@papilio/bench/report";
import {
  type BenchResults,
  machineName,
  parseModelResults,
  parseResults,
} from "@papilio/bench/results";
import { fewBitsProductsParts } from "./few-bits-products.ts";
import { picturedPages } from "./pictures.ts";
import { trafficPart } from "./traffic.ts";

/** A committed results file with a page of its own. */
interface Source {
  /** Of the page and of what it includes. */
  readonly name: string;
  readonly file: string;
}

const SOURCES: readonly Source[] = [
  { name: "foundation", file: "foundation-lavapipe.jsonl" },
  { name: "paper", file: "paper-lavapipe.jsonl" },
  { name: "chains", file: "chains-lavapipe.jsonl" },
  { name: "chains-swiftshader", file: "chains-swiftshader.jsonl" },
];

const MODELS: readonly string[] = [
  "vit-s16-1-cpu.json",
  "vit-s16-8-cpu.json",
  "minilm-l6-1-cpu.json",
  "minilm-l6-32-cpu.json",
  "gpt2-32-cpu.json",
  "gpt2-128-cpu.json",
  "gpt2-decode-cpu.json",
  "stories-15m-cpu.json",
  "stories-110m-cpu.json",
  "stories-110m-decode-cpu.json",
  "gcn-cora-cpu.json",
  "vit-s16-lavapipe.json",
  "gpt2-medium-block-lavapipe.json",
];

/**
 * What the results pages include, by path: a report of each file, the table of all runs, whole models, and
 * the style that repaints figures in dark colours.
 */
export async function resultsParts(folder: string): Promise<Map<string, string>> {
  const parts = new Map<string, string>();
  const rows: string[] = [];
  let dark = "";
  for (const { name, file } of SOURCES) {
    const results = parseResults(readFileSync(join(folder, file), "utf8"));
    const { markdown, figures } = await renderReport(results, { figurePath: (figure) => figure });
    const svgs = new Map(figures.map((figure) => [figure.name, figure.svg]));
    dark ||= darkRules(svgs.values().next().value ?? "");
    parts.set(`results/${name}.md`, withFigures(markdown, svgs, machineName(results.environment)));
    rows.push(rowOf(name, file, results));
  }
  const head = [
    "| run | adapter | date | cases | Papilio's is the faster | median speed-up | loses |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: |",
  ];
  parts.set("results/table.md", `${[...head, ...rows].join("\n")}\n`);
  const models = MODELS.map((file) => parseModelResults(readFileSync(join(folder, file), "utf8")));
  const { markdown, figures } = await renderModelReport(models, { figurePath: (figure) => figure });
  const svgs = new Map(figures.map((figure) => [figure.name, figure.svg]));
  parts.set("results/models.md", withFigures(markdown, svgs, "whole models"));
  for (const [path, page] of picturedPages(folder)) parts.set(path, page);
  for (const [path, part] of fewBitsProductsParts(folder)) parts.set(path, part);
  parts.set("results/traffic.md", trafficPart(join(folder, "sectors.json")));
  parts.set("report-dark.css", dark);
  return parts;
}

function rowOf(name: string, file: string, results: BenchResults): string {
  const { all, losses } = summarizeRun(results);
  const share =
    all.compared === 0
      ? "-"
      : `${all.fastest} of ${all.compared} (${percent(all.fastest / all.compared)})`;
  const link = name === "chains-swiftshader" ? "chains#on-swiftshader" : name;
  const cells = [
    `[${file}](./${link})`,
    machineName(results.environment),
    `<time>${results.environment.date.slice(0, 10)}</time>`,
    results.cases.length,
    share,
    times(all.speedup?.median),
    `${losses.length} cases`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The report below its title, figures in their places. */
function withFigures(markdown: string, svgs: ReadonlyMap<string, string>, adapter: string): string {
  return (
    markdown
      .replace(/^# .*\n+/, "")
      // A table of names and values, whose head is empty, which is read aloud as such.
      .replace(/^\| {2}\| {2}\|$/gm, "| what | value |")
      .replace(/^!\[(.*)\]\(<(.*)>\)$/gm, (_, title: string, name: string) => {
        const svg = (svgs.get(name) ?? "").replace(/<style>.*?<\/style>/s, "").replaceAll("\n", "");
        // A page may have the figures of several runs.
        const label = `${title}, ${adapter}`.replaceAll(/["\\]/g, "");
        return `<div class="report-figure" role="group" aria-label="${label}" v-pre>${svg}</div>`;
      })
  );
}

/** The rules with which a figure follows its reader's scheme, for the site's own switch. */
function darkRules(svg: string): string {
  const rules =
    /<style>@media \(prefers-color-scheme:dark\)\{(.*)\}<\/style>/s.exec(svg)?.[1] ?? "";
  return rules.replaceAll("svg [", ".dark .report-figure [");
}
