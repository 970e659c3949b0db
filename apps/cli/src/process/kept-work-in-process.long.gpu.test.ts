import { readFileSync } from "node:fs";
import { parseModelResults } from "@papilio/bench/results";
import { expect, it } from "vitest";
import { adapterFlags } from "../testing/command-line.ts";
import { papilioStopped } from "../testing/stopped-command.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

it("bench-model keeps the variants that were run, in the table and in the file", async () => {
  const file = folder.at("model.json");
  const tiny = [
    "bench-model",
    "llama-260k",
    "--tokens",
    "8",
    "--verify",
    "5",
    "--rounds",
    "2",
    "--engine",
    "papilio",
    "--backend",
    "gpu",
  ];
  const { status, stdout, stderr } = await papilioStopped(...tiny, ...adapterFlags, "--json", file);
  expect(stdout).toContain("dense f32 batch-last");
  expect(stdout).not.toContain("butterfly f32 batch-last");
  expect(stderr).toMatch(/Stopped before the last round; what was measured is kept\.\n$/);
  expect(status).toBe(1);
  const kept = parseModelResults(readFileSync(file, "utf8"));
  expect(kept.complete).toBe(false);
  expect(kept.variants).toMatchObject([{ linear: "dense", verification: { ok: true }, wall: [] }]);
});

it("select --measure answers what was measured", async () => {
  const { status, stdout, stderr } = await papilioStopped(
    ...["select", "--pattern", "2,8,4,4", "--pattern", "4,4,8,2", "--batch", "8", "--measure"],
    ...["--implementation", "kronecker-sparse,bmm", "--layout", "batch-last", "--json"],
    ...adapterFlags,
  );
  const { answers } = JSON.parse(stdout);
  expect(answers).toMatchObject([
    { selection: { basis: "measured" } },
    { reason: "it was not measured." },
  ]);
  expect(stderr).toMatch(
    /Stopped before the last case; the answers are those of what was measured/,
  );
  expect(status).toBe(1);
});
