import { describe, expect, it } from "vitest";
import { elementsOf, marksOf } from "../testing/markup.ts";
import { modelResults, variantOf } from "../testing/model-results.ts";
import { renderModelReport } from "./index.ts";

/** Text without the spaces that do not break. */
const plain = (text: string | undefined): string => (text ?? "").replaceAll("\u00a0", " ");

describe("a report of models", () => {
  it("has the variants, what was verified, and where it was measured", async () => {
    const { html, markdown, figures } = await renderModelReport([modelResults]);
    expect(figures.map(({ name }) => name)).toEqual(["model-times", "model-parts"]);
    elementsOf(html);
    // Medians of 20 ms and 10 ms.
    expect(markdown).toMatch(
      /\| papilio adapter butterfly f32 batch-last \|.*\| 10\.0 ms \|.*\| ×2\.00 \|/,
    );
    expect(markdown).toContain("## vit-s16, 8 images a run");
    expect(markdown).toContain("Verified papilio adapter dense f32 batch-last");
    expect(markdown).toContain("1 variant of vit-s16 gave wrong outputs");
    expect(markdown).toContain("Not compared: onnxruntime cpu. onnxruntime-node is not installed.");
    expect(markdown).toContain("| processors | 2 x test |");
    expect(markdown).toContain("a software adapter, which computes on the CPU");
  });

  it("has a section for each of several models", async () => {
    const other = { ...modelResults, model: "gpt2", complete: false };
    const { html, markdown } = await renderModelReport([modelResults, other]);
    const ids = elementsOf(html).flatMap(({ attributes: { id } }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(["model-1", "model-2"]));
    expect(markdown).toContain("vit-s16, gpt2: a software adapter");
    expect(markdown).toContain("gpt2: the run was stopped before its last round");
  });

  it("begins with bars of all that was timed, and the parts of the time", async () => {
    const onCpu = { processor: "cpu", threads: 2, layout: null, profile: null } as const;
    const variants = [
      ...modelResults.variants,
      variantOf({ ...onCpu, linear: "butterfly", wall: [0.03, 0.03] }),
      variantOf({ ...onCpu, engine: "onnxruntime", wall: [0.06, 0.06] }),
    ];
    const { figures, markdown, html } = await renderModelReport([{ ...modelResults, variants }], {
      figurePath: (name) => `${name}.svg`,
    });
    const [times, parts] = figures.map(({ svg }) => marksOf(svg).map(({ title }) => plain(title)));
    expect(times).toEqual([
      "ONNX Runtime dense: 60.0 ms (60.0 ms to 60.0 ms)",
      "Papilio butterfly: 30.0 ms (30.0 ms to 30.0 ms)",
      "Papilio dense: 20.0 ms (19.0 ms to 21.0 ms)",
      "Papilio butterfly: 10.0 ms (9.90 ms to 10.1 ms)",
    ]);
    expect(parts?.slice(0, 2)).toEqual([
      "Papilio dense, linear layers: 15.0 ms, 75 %",
      "Papilio dense, attention: 5.00 ms, 25 %",
    ]);
    // The picture, then the numbers, then what is to be read with care, then all else.
    const places = [
      "model-times.svg",
      "| vit-s16, 8 images |",
      "a software adapter",
      "| peak memory |",
    ];
    const found = places.map((text) => markdown.indexOf(text));
    expect(found).toEqual(found.toSorted((p, q) => p - q));
    expect(found[0]).toBeGreaterThan(0);
    expect(plain(markdown)).toContain(
      "| vit-s16, 8 images | the CPU | 60.0 ms | \\- | \\- | 30.0 ms | ×2.00 | \\- | \\- |",
    );
    elementsOf(html);
  });

  it("says so where nothing was timed", async () => {
    const variants = modelResults.variants.map((variant) => ({
      ...variant,
      wall: [],
      profile: null,
    }));
    const { figures, markdown } = await renderModelReport([{ ...modelResults, variants }]);
    expect(figures).toEqual([]);
    expect(markdown).toContain("How long a run takes: No variant was timed.");
  });

  it("escapes what a file says", async () => {
    const attack = "<script>alert(1)</script>[x](http://evil.example)";
    const { html, markdown } = await renderModelReport([
      { ...modelResults, model: attack, description: attack },
    ]);
    elementsOf(html);
    expect(html).not.toMatch(/<script/i);
    expect(markdown).not.toMatch(/<script|http:\/\/|[^\\]\[x/);
  });
});
