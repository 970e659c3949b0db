import { readFileSync } from "node:fs";
import { kindShares } from "@papilio/bench/models";
import { parseModelResults, type VariantResult } from "@papilio/bench/results";
import { describe, expect, it } from "vitest";
import { adapterFlags, papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

const TINY = ["bench-model", "llama-260k", "--tokens", "8", "--verify", "5", "--rounds", "2"];

describe("papilio bench-model", () => {
  it("verifies a model, times it dense and butterfly, and writes results that it can read", async () => {
    const output = folder.at("llama.json");
    const { status, stdout, stderr } = await papilio(...TINY, "--json", output, ...adapterFlags);
    expect(stderr).toContain("Adapter: ");
    expect(stderr).toContain("round 2 of 2");
    expect(status).toBe(0);
    expect(stdout).toContain("papilio adapter butterfly f32 batch-last");
    expect(stdout).toContain("Butterfly 64 x 64: 1,32,8,2; 2,8,32,1, 25 % of the weights");
    expect(stdout).toContain("the first 5 of 8 tokens compared with the reference");
    const results = parseModelResults(readFileSync(output, "utf8"));
    expect(results).toMatchObject({
      model: "llama-260k",
      unit: "tokens",
      units: 8,
      complete: true,
    });
    const of = (engine: string, processor: string): readonly VariantResult[] =>
      results.variants.filter((one) => one.engine === engine && one.processor === processor);
    // ONNX Runtime's WebGPU provider may find no adapter, and says so then.
    const onAdapter = of("onnxruntime", "adapter").length;
    expect(onAdapter + results.skipped.length).toBe(2);
    const kinds = [of("onnxruntime", "cpu"), of("papilio", "cpu"), of("papilio", "adapter")];
    for (const variants of kinds) {
      expect(variants.map(({ linear }) => linear)).toEqual(["dense", "butterfly"]);
    }
    expect(results.environment.versions.onnxruntime).toMatch(/^\d+\.\d+/);
    expect(of("papilio", "cpu")[0]?.threads).toBe(of("onnxruntime", "cpu")[0]?.threads);
    const [dense, butterfly] = of("papilio", "adapter");
    expect(dense).toMatchObject({ linear: "dense", parameters: 260_032 });
    // Two for each weight and token: 8,192 + 2 * 4,096 in attention, 3 * 172 * 64 after it; the head once.
    const weights = 5 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 172 * 64);
    const flops = 2 * (8 * weights + 512 * 64);
    expect(dense?.linearFlops).toBe(flops);
    expect(butterfly?.linearFlops).toBeLessThan(flops);
    for (const variant of results.variants) {
      expect(variant.verification).toMatchObject({ ok: true, nonFinite: 0, units: 5 });
      expect(variant.verification.relativeError).toBeGreaterThan(0);
      expect(variant.wall.length).toBe(2);
    }
    for (const variant of of("papilio", "adapter")) {
      expect(variant.peakBytes).toBeGreaterThan(0);
      expect(variant.bytes).toBeGreaterThan(0);
      if (!results.environment.adapter?.features.timestamps) {
        expect(variant.profile).toBe(null);
        continue;
      }
      const shares = Object.values(kindShares(variant.profile ?? []));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
      expect(variant.profile?.map(({ part }) => part)).toEqual(
        expect.arrayContaining(["model.layers.*.self_attn.q_proj", "lm_head", "attention"]),
      );
    }
  });
});
