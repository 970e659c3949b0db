import { describe, expect, it } from "vitest";
import { verifyDevice } from "../device/verify.ts";
import { moduleOf, runProcess } from "../testing/run-process.ts";
import { listInstalled } from "./adapters.ts";
import { createDawn } from "./dawn.ts";
import { openGpu } from "./index.ts";

const adapter = process.env.PAPILIO_ADAPTER ?? "auto";

const opened = `import { openGpu } from ${moduleOf("node/index.ts")};
const gpu = await openGpu({ adapter: ${JSON.stringify(adapter)} });`;

describe("opening", () => {
  it("reports the adapter and what was passed over", async () => {
    using gpu = await openGpu({ adapter });
    expect(gpu.report.name).not.toBe("");
    expect(["hardware", "software"]).toContain(gpu.report.kind);
    if (gpu.report.embedded) expect(gpu.report.kind).toBe("software");
    else {
      const names = (await listInstalled()).map(({ name }) => name);
      expect(names).toContain(gpu.report.name);
    }
  });

  it("says what was tried when no adapter fits", async () => {
    await expect(openGpu({ adapter: "no such adapter" })).rejects.toMatchObject({
      code: "ADAPTER_NOT_FOUND",
      message: expect.stringContaining('"no such adapter"'),
    });
  });

  it("refuses Dawn's null backend, which computes nothing", async () => {
    const nothing = await createDawn({ options: ["backend=null"] });
    const device = await (await nothing.requestAdapter())?.requestDevice();
    expect(device).toBeDefined();
    await expect(verifyDevice(device as GPUDevice)).rejects.toMatchObject({
      code: "GPU_SELF_TEST_FAILED",
    });
    device?.destroy();
  });

  it("opens and disposes 20 devices in one process", async () => {
    for (let count = 0; count < 20; count++) {
      using gpu = await openGpu({ adapter });
      expect(gpu.state).toBe("ready");
    }
  });
});

describe("a process", () => {
  it("finds the same adapter again, whatever it opened in between", async ({ skip }) => {
    const embeds = process.platform === "linux" && process.arch === "x64";
    skip(!embeds, "the embedded SwiftShader is built for linux-x64");
    const reports: unknown[] = [];
    for (const wanted of ["auto", "swiftshader", "auto", "swiftshader"]) {
      using gpu = await openGpu({ adapter: wanted });
      reports.push(gpu.report);
    }
    expect(reports.slice(2)).toEqual(reports.slice(0, 2));
    expect(reports[1]).toMatchObject({ name: "SwiftShader", embedded: true });
  });

  it("gets SwiftShader where it asks for it, whatever it opened before", ({ skip }) => {
    const embeds = process.platform === "linux" && process.arch === "x64";
    skip(!embeds, "the embedded SwiftShader is built for linux-x64");
    const program = `${opened}
      // Around a device, Dawn is asked for no adapter by name, as it is for SwiftShader.
      (await openGpu({ device: gpu.device })).dispose();
      console.log((await openGpu({ adapter: "swiftshader" })).report.driver);`;
    expect(runProcess(program)).toMatch(/SwiftShader/);
  });

  it("exits cleanly when the device is disposed of", () => {
    expect(runProcess(`${opened} console.log(gpu.state); gpu.dispose();`)).toBe("ready");
  });

  it("exits cleanly when the device is forgotten", () => {
    expect(runProcess(`${opened} console.log(gpu.state);`)).toBe("ready");
  });

  it("exits cleanly with its own code in the middle of work", () => {
    expect(() => runProcess(`${opened} void gpu.settled(); process.exit(7);`)).toThrow(
      expect.objectContaining({ status: 7 }),
    );
  });

  it("survives garbage collection while a device lives", () => {
    const program = `${opened}
      for (let turn = 0; turn < 20; turn++) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
        await gpu.settled();
      }
      console.log(gpu.state);`;
    expect(runProcess(program, ["--expose-gc"])).toBe("ready");
  });
});
