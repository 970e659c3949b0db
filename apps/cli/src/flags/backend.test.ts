import { Chain } from "@papilio/butterfly";
import type { Work } from "@papilio/nn/placement";
import { expect, it } from "vitest";
import { chooseBackend } from "./backend.ts";

const hardware = { name: "a GPU", backend: "vulkan", kind: "hardware" } as const;
const software = { name: "llvmpipe", backend: "vulkan", kind: "software" } as const;
const work: Work = {
  products: [{ chain: Chain.monarch(1024), batch: 1024, dtype: "f32", layout: "batch-last" }],
};

it("takes a hardware GPU for much work, and the CPU rather than a software adapter", async () => {
  const choose = (...installed: (typeof hardware | typeof software)[]) =>
    chooseBackend("auto", "auto", work, () => Promise.resolve(installed));
  expect(await choose(hardware, software)).toMatchObject({ backend: "gpu" });
  expect(await choose(software)).toEqual({
    backend: "cpu",
    reason: expect.stringMatching(/^.+ predicted, against .+ predicted on llvmpipe$/),
  });
  // The embedded one would be opened.
  expect(await choose()).toEqual({
    backend: "cpu",
    reason: expect.stringMatching(/predicted on SwiftShader$/),
  });
});

it("takes what is named, without looking at what is installed", async () => {
  const never = (): never => {
    throw new Error("looked");
  };
  expect(await chooseBackend("cpu", "auto", work, never)).toMatchObject({ backend: "cpu" });
  expect(await chooseBackend("gpu", "auto", work, never)).toMatchObject({ backend: "gpu" });
  expect(await chooseBackend("auto", "swiftshader", work, never)).toEqual({
    backend: "gpu",
    reason: "--adapter swiftshader",
  });
});

it("takes the CPU where no adapter can be listed, and refuses unknown names", async () => {
  const fails = () => Promise.reject(new Error("no Dawn"));
  expect(await chooseBackend("auto", "auto", work, fails)).toEqual({
    backend: "cpu",
    reason: "there is no adapter",
  });
  await expect(chooseBackend("npu", "auto", work)).rejects.toMatchObject({ code: "FLAG_INVALID" });
});
