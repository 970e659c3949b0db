import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { picturedPages } from "./pictures.ts";
import { resultsParts } from "./results.ts";

const folder = resolve(import.meta.dirname, "../../../../results");

describe("pages that experiments wrote", () => {
  const pages = picturedPages(folder);

  it.each([...pages])("%s begins with a picture of its own numbers", (_, page) => {
    const [title, , picture] = page.split("\n");
    expect(title).toMatch(/^# /);
    expect(picture).toMatch(/^<figure class="drawing"/);
    expect(picture).toMatch(/<svg [^>]*role="img" aria-label="[^"]{30,}"/);
    expect(picture).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("has the times that the tables below it have", () => {
    const page = (pages.get("results/fourier.md") ?? "").replaceAll("\u00a0", " ");
    expect(page).toContain("butterfly 17.5 ms at 65536");
    expect(page).toMatch(/\| 65536 \| 1 \| butterfly \| .* \| 17\.5 ms \|/);
  });

  it("draws what the tables of few bits have", () => {
    const page = pages.get("results/few-bits.md") ?? "";
    const [, shakespeare = ""] = page.split("## shakespeare:");
    const [, growth] = /\| q4 \| calibrated \|.*\| \+([\d.]+) % \|/.exec(shakespeare) ?? [];
    const label = /By how many percent[^"]*/.exec(page)?.[0];
    expect(label).toContain(`${Number(growth).toFixed(1)} % with four`);
  });

  it("counts the products on the CPU that are faster than ONNX Runtime's", () => {
    const { cases } = JSON.parse(readFileSync(`${folder}/cpu-two-cores.json`, "utf8")) as {
      cases: {
        chain: string;
        batch: number;
        results: { implementation: string; timing?: { wall: number[] } }[];
      }[];
    };
    const middle = (wall: number[]): number => {
      const sorted = wall.toSorted((p, q) => p - q);
      const half = sorted.length / 2;
      return ((sorted[Math.ceil(half) - 1] as number) + (sorted[Math.floor(half)] as number)) / 2;
    };
    const best = new Map<string, { ours: number; theirs: number }>();
    for (const { chain, batch, results } of cases) {
      const key = `${chain} ${batch}`;
      const known = best.get(key) ?? {
        ours: Number.POSITIVE_INFINITY,
        theirs: Number.POSITIVE_INFINITY,
      };
      for (const { implementation, timing } of results) {
        if (timing === undefined) continue;
        const side = implementation === "cpu-wasm" ? "ours" : "theirs";
        if (side === "theirs" && !implementation.startsWith("ort-cpu")) continue;
        known[side] = Math.min(known[side], middle(timing.wall));
      }
      best.set(key, known);
    }
    const compared = [...best.values()].filter(({ ours, theirs }) =>
      Number.isFinite(ours + theirs),
    );
    const faster = compared.filter(({ ours, theirs }) => theirs > ours).length;
    expect(pages.get("results/cpu.md")).toContain(`in ${faster} of ${compared.length}, `);
  });
});

it("results pages begin with a picture, then numbers, then what is to be read with care", async () => {
  const parts = await resultsParts(folder);
  for (const name of ["foundation", "paper", "chains", "models"]) {
    const page = parts.get(`results/${name}.md`) ?? "";
    const places = ['<div class="report-figure"', "\n| ", "## To be read with care"];
    const found = places.map((text) => page.indexOf(text));
    expect(found[0], name).toBeGreaterThan(0);
    expect(found, name).toEqual(found.toSorted((p, q) => p - q));
  }
  expect(parts.get("results/models.md")).toContain("vit-s16, 8 images");
}, 60_000);
