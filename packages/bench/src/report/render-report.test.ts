import { describe, expect, it } from "vitest";
import type { BenchResults, ImplementationResult } from "../results/results.ts";
import { elementsOf, marksOf } from "../testing/markup.ts";
import { testAdapter } from "../testing/results.ts";
import { COMPETITORS, syntheticRun } from "../testing/synthetic-run.ts";
import { renderReport } from "./index.ts";

const NAMES = [
  "relative-time",
  "speedup",
  "rewriting",
  "scaling-size",
  "scaling-batch",
  "scaling-chains",
  "roofline",
  "energy",
  "cold-start",
];

const full = syntheticRun();
const report = await renderReport(full);

describe("a report of a whole run", () => {
  it("has every figure, each as a well-formed document", () => {
    expect(report.figures.map(({ name }) => name)).toEqual(NAMES);
    for (const { svg } of report.figures) {
      expect(elementsOf(svg)[0]).toMatchObject({ name: "svg", attributes: { role: "img" } });
    }
  });

  it("is a page whose tags nest, whose ids are unique, and whose references lead somewhere", () => {
    const elements = elementsOf(report.html);
    const ids = elements.flatMap(({ attributes: { id } }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const references = elements.flatMap(({ attributes }) => [
      ...(attributes["aria-labelledby"]?.split(" ") ?? []),
      ...(attributes.href === undefined ? [] : [attributes.href.slice(1)]),
      ...[...(attributes["clip-path"] ?? "").matchAll(/#([\w-]+)/g)].map(([, id]) => id as string),
    ]);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("asks for nothing: no address, no script, no style that its policy does not allow", () => {
    expect(report.html).not.toMatch(
      /https?:|\/\/[a-z]|url\((?!#)|@import|<script|javascript:|\sstyle=/i,
    );
    const policy = /content="(default-src [^"]*)"/.exec(report.html)?.[1];
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'/);
  });

  it("is the same for the same results", async () => {
    expect(await renderReport(syntheticRun())).toEqual(report);
  });

  it("names the processors where there was no adapter", async () => {
    const { environment } = full;
    const { html, markdown } = await renderReport({
      ...full,
      environment: { ...environment, adapter: null },
    });
    expect(markdown).toContain(`the CPU (${environment.processors})`);
    expect(markdown).toContain("| adapter | none: all was computed on the CPU |");
    expect(html).not.toContain("software adapter");
  });

  it("says what is wrong before anything else", () => {
    const wrong = full.cases
      .flatMap(({ results }) => results)
      .filter(({ status }) => status === "wrong");
    expect(wrong.length).toBeGreaterThan(0);
    expect(report.html).toContain(`${wrong.length} results are wrong`);
    expect(report.html.indexOf("results are wrong")).toBeLessThan(report.html.indexOf("<h2"));
    expect(report.html).toContain("resumed once");
  });

  it("counts what was skipped by its reason", () => {
    expect(report.markdown).toContain("| the device | 3 | The input of … x … has … bytes");
    expect(report.markdown).toContain("| the time | 2 | there was no time left |");
  });

  it("tells the adapter's implementations apart from the CPU's", () => {
    expect(report.markdown).toContain("The same among those on the adapter alone");
    expect(report.html).toContain("cpu-batch-last (CPU)");
  });

  it("has a box for each implementation in each facet", () => {
    const svg = report.figures.find(({ name }) => name === "relative-time")?.svg ?? "";
    expect(marksOf(svg)).toHaveLength(4 * COMPETITORS.length);
    expect(marksOf(svg).map(({ title }) => title)).toContainEqual(
      expect.stringMatching(/^kronecker-sparse: median ×1\.\d\d of \d+$/),
    );
  });

  it("shows rewriting for those that rewrite, in time and in bytes", () => {
    const svg = report.figures.find(({ name }) => name === "rewriting")?.svg ?? "";
    expect(marksOf(svg)).toHaveLength(4 * 3 * 2);
  });

  it("links the Markdown to the figures where it is given their place", async () => {
    expect(report.markdown).not.toContain("![");
    const { markdown } = await renderReport(syntheticRun({ cases: 3, faults: false }), {
      figurePath: (name) => `figures/${name}.svg`,
    });
    expect(markdown).toContain("](<figures/speedup.svg>)");
  });
});

it("stays small however many cases there are", async () => {
  const results = syntheticRun({ cases: 1000, implementations: COMPETITORS.slice(0, 3) });
  const { html, figures } = await renderReport(results);
  expect(html.length).toBeLessThan(2.5e6);
  const points = marksOf(figures.find(({ name }) => name === "roofline")?.svg ?? "");
  expect(points.length).toBeLessThanOrEqual(4 * 2 * 300);
}, 60_000);

describe("what the data lacks", () => {
  it("is said in place of the figure", async () => {
    const { html, figures } = await renderReport(
      syntheticRun({ cases: 12, energy: false, rates: false, dtypes: ["f32"] }),
    );
    expect(figures.map(({ name }) => name)).not.toContain("energy");
    expect(figures.map(({ name }) => name)).not.toContain("roofline");
    expect(html).toContain("Energy was not measured: the driver has no meter.");
    expect(html).toContain("copy bandwidth and peak were not measured");
  });

  it("may be everything", async () => {
    const { html, markdown, figures } = await renderReport(syntheticRun({ cases: 0 }));
    expect(figures).toEqual([]);
    elementsOf(html);
    expect(html).toContain("there is nothing to compare");
    const missing = markdown.split("for want of data:")[1]?.split("##")[0] ?? "";
    expect(missing.match(/^- /gm)).toHaveLength(NAMES.length);
  });

  it("may be all cases but one", async () => {
    const { figures } = await renderReport(syntheticRun({ cases: 1, faults: false }));
    expect(figures.map(({ name }) => name)).toEqual(
      NAMES.filter((name) => name !== "scaling-batch" && name !== "scaling-chains"),
    );
  });

  it("may be the fused kernel", async () => {
    const { html } = await renderReport(
      syntheticRun({ cases: 6, faults: false, implementations: COMPETITORS.slice(1, 4) }),
    );
    expect(html).toContain("there is nothing to compare");
    elementsOf(html);
  });
});

describe("hostile text", () => {
  const attack = `<script>alert(1)</script>|"'&\`*[x](http://evil.example)\u202e\u0000`;

  /** The run with the attack in every place that has a text of one's own. */
  function poison(results: BenchResults): BenchResults {
    const rename = (name: string): string => (name === "einsum" ? `${attack}${name}` : name);
    const { environment } = results;
    const poisoned = (entry: ImplementationResult): ImplementationResult => ({
      ...entry,
      implementation: rename(entry.implementation),
      ...(entry.status === "skipped" ? { reason: attack } : {}),
    });
    return {
      ...results,
      environment: {
        ...environment,
        command: attack,
        revision: attack,
        date: attack,
        platform: attack,
        processors: attack,
        versions: { [attack]: attack },
        adapter: { ...testAdapter, name: attack, driver: attack, vendor: attack },
        energy: { reason: attack },
      },
      implementations: results.implementations.map((entry) => ({
        ...entry,
        name: rename(entry.name),
        description: attack,
      })),
      cases: results.cases.map((item) => ({ ...item, results: item.results.map(poisoned) })),
      skipped: results.skipped.map((entry) => ({ ...entry, reason: attack })),
    };
  }

  it("stays text in the page, in the figures and in the Markdown", async () => {
    const { html, markdown, figures } = await renderReport(poison(syntheticRun({ cases: 24 })));
    for (const markup of [html, ...figures.map(({ svg }) => svg)]) {
      elementsOf(markup);
      expect(markup).not.toMatch(/<script/i);
      for (const character of ["\u0000", "\u202e"]) expect(markup).not.toContain(character);
    }
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;|&quot;&#39;&amp;");
    expect(markdown).not.toMatch(/<script|http:\/\/|[^\\]\[x/);
    // Every row of a table has as many cells as its head.
    for (const table of markdown.match(/(?:^\|.*\n)+/gm) ?? []) {
      const cells = table
        .trim()
        .split("\n")
        .map((row) => row.match(/(?<!\\)\|/g)?.length);
      expect(new Set(cells).size).toBe(1);
    }
  });
});
