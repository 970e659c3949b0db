import { CpuModel } from "@papilio/nn/backends";
import { expect, it, vi } from "vitest";
import { deviceFlags, papilio } from "../testing/command-line.ts";
import { writeLlama } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { OnDemandAdapter } from "./compute.ts";

const folder = temporaryFolder();

it("refuses a model that the adapter cannot bind before it reads the weights", async () => {
  // There are none: that would be the next error.
  const config = {
    model_type: "llama",
    vocab_size: 16_000_000,
    hidden_size: 128,
    intermediate_size: 32,
    num_hidden_layers: 40,
    num_attention_heads: 2,
    max_position_embeddings: 1_000_000,
    tie_word_embeddings: true,
  };
  folder.write("config.json", JSON.stringify(config));
  const ids = folder.write("ids.csv", "1,2,3");
  // An adapter that is named is taken, whether or not the backend is.
  for (const flags of [deviceFlags, ["--adapter", "software"]]) {
    const reported = await papilio("run", folder.path, "--input", `ids=${ids}`, ...flags);
    expect(reported.stderr).toContain("papilio: error BUFFER_TOO_LARGE: ");
    expect(reported.stderr).toContain(
      "a parameter of [16000000, 128] in f32 needs 8192000000 bytes",
    );
    expect(reported.status).toBe(2);
  }
});

it("packs weights on the CPU before the clock of the speeds starts, and says so apart", async () => {
  const model = await writeLlama(folder.at("llama"));
  const prepared = vi.spyOn(CpuModel.prototype, "prepare");
  const flags = ["--prompt", "a b", "--max-tokens", "3", "--backend", "cpu"];
  const { status, stdout, stderr } = await papilio("generate", model, ...flags, "--json");
  expect(status).toBe(0);
  expect(prepared).toHaveBeenCalled();
  const reported = JSON.parse(stdout) as { loadSeconds: number; prepareSeconds: number };
  expect(reported.loadSeconds).toBeGreaterThan(0);
  expect(reported.prepareSeconds).toBeGreaterThan(0);
  expect(stderr).toMatch(/Loaded \d+ parameters in [\d.]+ s, packed them in [\d.]+ s; context of/);
});

it("opens the adapter once for the check and for the model, and closes it", async () => {
  const adapter = new OnDemandAdapter(process.env.PAPILIO_ADAPTER ?? "auto");
  const [gpu, again] = await Promise.all([adapter.open(), adapter.open()]);
  expect(again).toBe(gpu);
  expect(gpu.state).toBe("ready");
  adapter[Symbol.dispose]();
  await vi.waitFor(() => expect(gpu.state).toBe("disposed"));
});
