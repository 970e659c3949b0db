import { readFileSync } from "node:fs";
import { npyValues, readNpy, writeNpy } from "@papilio/butterfly/files";
import { uniform } from "@papilio/butterfly/numeric";
import { CpuModel, DeviceModel } from "@papilio/nn/backends";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deviceFlags, papilio } from "../testing/command-line.ts";
import { visionModel, writeLlama, writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const IMAGES = 2;
const images = Float32Array.from({ length: IMAGES * 3 * 8 * 8 }, uniform(1));

let vision: string;
let llama: string;
let npy: string;
beforeAll(async () => {
  vi.stubEnv("XDG_CACHE_HOME", folder.at("caches"));
  // A problem may be measured for half a minute, and these are many.
  const compile = DeviceModel.compile.bind(DeviceModel);
  vi.spyOn(DeviceModel, "compile").mockImplementation((gpu, graph, options = {}) => {
    const tune = options.tune && { ...options.tune, timeLimitSeconds: 0.5 };
    return compile(gpu, graph, { ...options, tune });
  });
  vision = await writeVision(folder.at("vision"));
  llama = await writeLlama(folder.at("llama"));
  npy = folder.write("images.npy", writeNpy(images, [IMAGES, 3, 8, 8]));
});
afterAll(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function visionLogits(): Float32Array {
  const graph = visionModel().trace({ images: IMAGES });
  return new CpuModel(graph).runNow({ images }).logits as Float32Array;
}

describe("--tune", () => {
  it("measures the kernels of a model once, and says which are taken", async () => {
    const out = folder.at("tuned.npy");
    const files = ["--input", `images=${npy}`, "--output", `logits=${out}`, "--force"];
    for (const from of ["measurement", "cache"]) {
      const { status, stderr } = await papilio("run", vision, ...files, ...deviceFlags, "--tune");
      expect(status).toBe(0);
      for (const kind of ["attention of", "product with"]) {
        expect(stderr).toMatch(new RegExp(`Tuned ${kind} .*: .+, from the ${from}`));
      }
      const values = npyValues(readNpy(readFileSync(out)), "float32") as Float32Array;
      const expected = visionLogits();
      expect(values.length).toBe(expected.length);
      for (const [index, value] of values.entries()) {
        // Numbers around 1 that float32 has been through a few tens of times.
        expect(Math.abs(value - (expected[index] as number))).toBeLessThan(1e-5);
      }
    }
    const classify = ["classify", vision, "--input", npy, "--json", ...deviceFlags, "--tune"];
    const { status, stdout, stderr } = await papilio(...classify);
    expect(status).toBe(0);
    expect(stderr).toContain("from the cache");
    expect(JSON.parse(stdout).images).toHaveLength(IMAGES);
  });

  it("measures the steps of a text, which is the same", async () => {
    const text = ["generate", llama, "--prompt", "a", "--max-tokens", "6", "--json"];
    const plain = await papilio(...text, ...deviceFlags);
    const tuned = await papilio(...text, ...deviceFlags, "--tune");
    expect([plain.status, tuned.status]).toEqual([0, 0]);
    expect(tuned.stderr).toMatch(/Tuned product with .* of 1 vectors/);
    expect(tuned.stderr).toMatch(/Tuned product with .* of 32 vectors/);
    expect(JSON.parse(tuned.stdout).ids).toEqual(JSON.parse(plain.stdout).ids);
  });
});
