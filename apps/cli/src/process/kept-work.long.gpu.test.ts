import { readFileSync, writeFileSync } from "node:fs";
import { parseModelResults, parseResults } from "@papilio/bench/results";
import { loadButterflies, writeNpy } from "@papilio/butterfly/files";
import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { adapterFlags } from "../testing/command-line.ts";
import { type Ended, interruptProcess, type Midst } from "../testing/interrupted-process.ts";
import { ownImplementation } from "../testing/own-implementation.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const path = (name: string): string => folder.at(name);

function implementation(name: string, instead: string): string {
  writeFileSync(path(`${name}.mjs`), ownImplementation(name, instead));
  return path(`${name}.mjs`);
}

const bench = (own: string, file: string): string[] => [
  ...["bench", "--backend", "cpu", "--pattern", "2,8,4,4", "--batch", "8,16", "--rounds", "1"],
  ...["--layout", "batch-last", "--no-energy", "--implementation", own, "--json", path(file)],
];

/** Expects that a command ends in time, with status 1. */
async function stopped(args: readonly string[], midst: Midst): Promise<Ended> {
  const ended = await interruptProcess(args, midst);
  expect(ended, ended.stderr).toMatchObject({ early: false, status: 1 });
  expect(ended.stderr).not.toContain("UNEXPECTED");
  expect(ended.seconds).toBeLessThan(2);
  return ended;
}

describe("a command that hears no signal keeps what it has", () => {
  const forEver = "for (;;) {}";

  it("bench: the cases that are complete", async () => {
    const args = bench(implementation("forever", forEver), "forever.jsonl");
    const { stdout, stderr } = await stopped(args, { note: /1 of 2 cases/, delay: 500 });
    expect(stdout.match(/2,8,4,4 x 8 /g)).toHaveLength(1);
    expect(stderr).toContain("what was measured is kept. The same command goes on from here.");
    const { cases, complete } = parseResults(readFileSync(path("forever.jsonl"), "utf8"));
    expect({ cases, complete }).toMatchObject({ cases: [{ batch: 8 }], complete: false });
  });
});

it("a command that crashes shows what it has", async () => {
  const crash = 'process.kill(process.pid, "SIGABRT")';
  const args = bench(implementation("crash", crash), "crash.jsonl");
  const { status, stdout } = await interruptProcess(args, { note: /^never$/, delay: 0 });
  expect(stdout.match(/2,8,4,4 x 8 /g)).toHaveLength(1);
  expect(status).toBe(null);
});

describe("a command in the midst of a run that takes long keeps what it has", () => {
  it("bench-model: the rounds", async () => {
    const file = path("model.json");
    const args = [
      "bench-model",
      "vit-s16",
      "--images",
      "2",
      "--verify",
      "1",
      "--linear",
      "dense",
      "--engine",
      "papilio",
      "--backend",
      "gpu",
    ];
    const midst = { note: /round 1 of/, delay: 300 };
    const { stdout } = await stopped([...args, "--json", file, ...adapterFlags], midst);
    expect(stdout.match(/ dense f32 batch-last /g)).toHaveLength(1);
    const { complete, variants } = parseModelResults(readFileSync(file, "utf8"));
    expect(complete).toBe(false);
    expect(variants[0]?.wall.length).toBeGreaterThanOrEqual(1);
  });

  it("select: the case before", async () => {
    const args = ["select", "--pattern", "4,64,64,4", "--batch", "1024", "--measure", "--json"];
    const midst = { note: /Measuring 2 of/, delay: 200 };
    const { stdout } = await stopped([...args, ...adapterFlags], midst);
    expect(JSON.parse(stdout).answers).toMatchObject([{ selection: { basis: "measured" } }]);
  });

  it("factorize --refine: the factors before", async () => {
    const next = uniform(1);
    writeFileSync(
      path("a.npy"),
      writeNpy(Float32Array.from({ length: 512 * 512 }, next), [512, 512]),
    );
    const out = path("refined.safetensors");
    const args = [
      "factorize",
      path("a.npy"),
      "--chain",
      "dyadic",
      "--refine",
      "1000",
      "--out",
      out,
    ];
    const { stdout, stderr } = await stopped(args, { note: /Factorizing: 100 %/, delay: 3000 });
    expect(stderr).toMatch(/Stopped in the refinement; the factors are those after \d+ sweeps\./);
    expect(stdout).toContain("written to");
    expect(loadButterflies(readFileSync(out)).size).toBe(1);
  });
});
