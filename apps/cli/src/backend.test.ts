import { expect, it } from "vitest";
import { chooseBackend } from "./backend.ts";

const hardware = { name: "a GPU", backend: "vulkan", kind: "hardware" } as const;
const software = { name: "llvmpipe", backend: "vulkan", kind: "software" } as const;

it("prefers a hardware GPU, then the CPU, over a software adapter", async () => {
  const choose = (...installed: (typeof hardware | typeof software)[]) =>
    chooseBackend("auto", "auto", () => Promise.resolve(installed));
  expect(await choose(software, hardware)).toMatchObject({ backend: "gpu" });
  expect(await choose(software)).toEqual({
    backend: "cpu",
    reason: "no hardware GPU is installed, and llvmpipe is slower",
  });
  expect(await choose()).toEqual({ backend: "cpu", reason: "no hardware GPU is installed" });
});

it("needs no adapter, and none that can be listed", async () => {
  const broken = (): Promise<never> => Promise.reject(new Error("Dawn is not installed"));
  expect(await chooseBackend("auto", "auto", broken)).toEqual({
    backend: "cpu",
    reason: "no adapter can be listed: Dawn is not installed",
  });
});

it("is what is asked for", async () => {
  const none = (): Promise<never> => Promise.reject(new Error("nobody asks"));
  expect(await chooseBackend("gpu", "auto", none)).toMatchObject({ backend: "gpu" });
  expect(await chooseBackend("cpu", "lavapipe", none)).toMatchObject({ backend: "cpu" });
  expect(await chooseBackend("auto", "lavapipe", none)).toEqual({
    backend: "gpu",
    reason: "--adapter lavapipe",
  });
  await expect(chooseBackend("tpu", "auto", none)).rejects.toMatchObject({ code: "FLAG_INVALID" });
});
