import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { verifyDevice } from "../device/verify.ts";
import { listInstalled } from "./adapters.ts";
import { createDawn } from "./dawn.ts";
import { openGpu } from "./index.ts";

const entry = fileURLToPath(new URL("./index.ts", import.meta.url));
const adapter = process.env.PAPILIO_ADAPTER ?? "auto";

/** Runs a program in a process of its own, as a user's script is; throws unless it exits with 0. */
function run(program: string, flags: string[] = []): string {
  const source = `import { openGpu } from ${JSON.stringify(entry)};\n${program}`;
  return execFileSync(
    process.execPath,
    ["--conditions=@papilio/source", ...flags, "--input-type=module-typescript", "--eval", source],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  ).trim();
}
const opened = `const gpu = await openGpu({ adapter: ${JSON.stringify(adapter)} });`;

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
    const nothing = await createDawn(undefined, ["backend=null"]);
    const device = await (await nothing.requestAdapter())?.requestDevice();
    expect(device).toBeDefined();
    await expect(verifyDevice(device as GPUDevice)).rejects.toMatchObject({
      code: "GPU_WRONG_ANSWER",
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
  it("exits cleanly when the device is disposed of", () => {
    expect(run(`${opened} console.log(gpu.state); gpu.dispose();`)).toBe("ready");
  });

  it("exits cleanly when the device is forgotten", () => {
    expect(run(`${opened} console.log(gpu.state);`)).toBe("ready");
  });

  it("exits cleanly with its own code in the middle of work", () => {
    expect(() => run(`${opened} void gpu.settled(); process.exit(7);`)).toThrow(
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
    expect(run(program, ["--expose-gc"])).toBe("ready");
  });
});
