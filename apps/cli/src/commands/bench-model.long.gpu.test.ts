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
