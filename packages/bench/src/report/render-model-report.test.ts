import { describe, expect, it } from "vitest";
import { elementsOf } from "../testing/markup.ts";
import { modelResults } from "../testing/model-results.ts";
import { renderModelReport } from "./index.ts";

describe("a report of models", () => {
  it("has the variants, what was verified, and where it was measured", async () => {
    const { html, markdown, figures } = await renderModelReport([modelResults]);
    expect(figures).toEqual([]);
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
    expect(markdown).toContain("gpt2: the run was stopped before its last round");
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
