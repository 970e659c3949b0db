import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Chain, Pattern } from "@papilio/butterfly";
import { beforeAll, describe, expect, it } from "vitest";
import { allDrawings } from "./index.ts";
import { supportPanel } from "./supports.ts";
import { type Drawing, renderDrawing } from "./svg.ts";

const site = resolve(import.meta.dirname, "../..");
const pages = globSync("{*.md,concepts/*.md,guide/*.md}", { cwd: site }).map((path) =>
  readFileSync(resolve(site, path), "utf8"),
);

let drawings: readonly Drawing[];
beforeAll(async () => {
  drawings = await allDrawings();
}, 60_000);

describe("the drawings", () => {
  it("are each on a page", () => {
    const unused = drawings
      .map(({ name }) => name)
      .filter((name) => !pages.some((page) => page.includes(`generated/drawings/${name}.md`)));
    expect(unused).toEqual([]);
  });

  it("have figures throughout, fit a phone, and say what is to be seen", () => {
    for (const drawing of drawings) {
      const html = renderDrawing(drawing);
      expect(html, drawing.name).not.toMatch(/NaN|undefined|Infinity/);
      // An empty line would end it in a Markdown page.
      expect(html.trimEnd()).not.toContain("\n");
      for (const { width, description } of drawing.panels) {
        expect(width, drawing.name).toBeLessThanOrEqual(342);
        expect(description).not.toBe("");
      }
    }
  });
});

describe("a support", () => {
  /** Squares of a path, by the moves that begin them. */
  const squares = (content: string): number => content.match(/M\d/g)?.length ?? 0;

  it("has a square for each value while it is small", () => {
    for (const pattern of Chain.squareDyadic(16).patterns) {
      expect(squares(supportPanel(pattern, 96).content)).toBe(pattern.nonZeros);
    }
  });

  it("has a few squares however large it is", () => {
    const { content } = supportPanel(Pattern.parse("1024,4,4,1"), 128);
    expect(squares(content)).toBeGreaterThanOrEqual(64);
    expect(squares(content)).toBeLessThan(200);
  });
});
