import { parseModelResults } from "@papilio/bench/results";
import { expect, it } from "vitest";
import { adapterFlags, papilio } from "../testing/command-line.ts";

const TINY = ["bench-model", "llama-260k", "--tokens", "8", "--verify", "5"];

it("bench-model prints nothing but JSON on stdout with --json -", async () => {
  const one = ["--linear", "butterfly", "--engine", "papilio", "--backend", "gpu"];
  const flags = [...one, "--rounds", "1", "--json", "-"];
  const { status, stdout } = await papilio(...TINY, ...flags, ...adapterFlags);
  expect(status).toBe(0);
  const { variants } = parseModelResults(stdout);
  expect(variants.map(({ linear }) => linear)).toEqual(["butterfly"]);
});

it("bench-model times steps of training on an adapter", async () => {
  const flags = ["--training", "--tokens", "4", "--rounds", "1", "--backend", "gpu", "--json", "-"];
  const { status, stdout } = await papilio("bench-model", "llama-260k", ...flags, ...adapterFlags);
  expect(status).toBe(0);
  for (const { processor, verification, bytes } of parseModelResults(stdout).variants) {
    expect(processor).toBe("adapter");
    expect(verification).toMatchObject({ ok: true, steps: 3 });
    expect(bytes).toBeGreaterThan(0);
  }
});
