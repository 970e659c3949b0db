import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { FakeClock } from "../../../testing/energy/fake-clock.ts";
import { FakeNvidiaSmi } from "../../../testing/energy/fake-nvidia-smi.ts";
import type { EnergyMeter, MeterSearch } from "../energy-meter.ts";
import { type OpenEnergyMeterOptions, openEnergyMeter } from "../open-energy-meter.ts";

const h200 = { name: "NVIDIA H200", vendor: "nvidia", driver: "", kind: "hardware" } as const;
/** A clock of this test's own, in seconds since 1970, which the stamps of the fake follow. */
const START = 1_770_000_000;
const one = [{ name: "NVIDIA H200", "power.draw": 61, "power.draw.instant": 60 }];
// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 30_000 };

/** Idle until the meter is open, at 2 s; then busy. */
const curve = [
  { at: 0, watts: 60 },
  { at: 2.01, watts: 400 },
];

function openOn(
  smi: FakeNvidiaSmi,
  clock: FakeClock,
  options: OpenEnergyMeterOptions & { readonly adapterName?: string } = {},
): Promise<MeterSearch> {
  const adapter = { ...h200, name: options.adapterName ?? h200.name };
  return clock.pass(openEnergyMeter(adapter, { nvidiaSmi: smi.command, clock, ...options }));
}

function meterOf(found: MeterSearch): EnergyMeter {
  if ("reason" in found) throw new Error(found.reason);
  return found.meter;
}

async function reasonOf(smi: FakeNvidiaSmi, options: OpenEnergyMeterOptions = {}): Promise<string> {
  const found = await openOn(smi, new FakeClock(START), options);
  if ("meter" in found) throw new Error(`there is a meter: ${found.meter.name}`);
  expect(smi.running).toEqual([]);
  return found.reason;
}

/** Ten multiplications in an eighth of a second. */
function workOn(clock: FakeClock): () => Promise<number> {
  return async () => {
    await clock.advance(0.125);
    return 10;
  };
}

describe("the meter of an NVIDIA GPU", () => {
  it("gives the joules of a multiplication above idle", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, start: START, curve });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    expect(meter.name).toBe("nvidia-smi NVIDIA H200");
    expect(meter.source).toBe("nvidia-smi");
    expect(meter.idleWatts).toBeCloseTo(60, 9);
    expect(meter.idleSeconds).toBe(2);
    const reading = await meter.measure(workOn(clock), { seconds: 2 });
    expect(reading).toMatchObject({ runs: 160, seconds: 2 });
    expect(reading.watts).toBeCloseTo(400, 9);
    // 340 W above idle for 2 s, over 160 multiplications.
    expect(reading.joules).toBeCloseTo(4.25, 9);
    // Two decimals, of the run and of idle.
    expect(reading.upper - reading.joules).toBeCloseTo((0.01 * 2) / 160, 9);
    expect(reading.joules - reading.lower).toBeCloseTo((0.01 * 2) / 160, 9);
  });

  it("integrates a power that changes, over the window alone", async () => {
    const ramp = [
      { at: 0, watts: 60 },
      { at: 2, watts: 60 },
      { at: 2.25, watts: 200 },
      { at: 3.25, watts: 400 },
      { at: 4.25, watts: 200 },
      { at: 4.3, watts: 900 },
    ];
    using smi = new FakeNvidiaSmi({ gpus: one, start: START, curve: ramp, linear: true });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    const { watts, joules } = await meter.measure(workOn(clock), { seconds: 2 });
    expect(watts).toBeCloseTo(300, 6);
    expect(joules).toBeCloseTo((240 * 2) / 160, 6);
  });

  it("has the true energy in the interval when power varies from sample to sample", async () => {
    // A wave whose mean is known: every period has the same samples.
    const wave = Array.from({ length: 200 }, (_, index) => ({
      at: index * 0.05,
      watts: index * 0.05 < 2.01 ? 60 + (index % 4) : 400 + 20 * (index % 5),
    }));
    using smi = new FakeNvidiaSmi({ gpus: one, start: START, curve: wave });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    const { lower, upper } = await meter.measure(workOn(clock), { seconds: 2 });
    const truth = ((440 - 61.5) * 2) / 160;
    expect(lower).toBeLessThan(truth);
    expect(upper).toBeGreaterThan(truth);
    expect(upper - lower).toBeLessThan(0.1 * truth);
  });

  it.each([-11 * 3600, 0, 5.75 * 3600, 14 * 3600])(
    "does not mind a zone %d s east of UTC",
    async (zone) => {
      using smi = new FakeNvidiaSmi({ gpus: one, start: START, curve, zone });
      const clock = new FakeClock(START);
      await using meter = meterOf(await openOn(smi, clock));
      const { joules } = await meter.measure(workOn(clock), { seconds: 2 });
      expect(joules).toBeCloseTo(4.25, 9);
    },
  );

  it("reads the GPU of the adapter's name among several", async () => {
    const gpus = [
      { name: "NVIDIA H200", "power.draw": 75, "power.draw.instant": 75 },
      { name: "NVIDIA T4", "power.draw": 9, "power.draw.instant": 9 },
    ];
    using smi = new FakeNvidiaSmi({ gpus, start: START });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock, { adapterName: "NVIDIA T4" }));
    expect(meter.name).toBe("nvidia-smi NVIDIA T4");
    expect(meter.idleWatts).toBeCloseTo(9, 9);
    expect(smi.calls.at(-1)?.flags).toMatchObject({ id: "GPU-1" });
  });

  it("measures again and again", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, start: START, curve });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    for (let count = 0; count < 3; count++) {
      const { joules } = await meter.measure(workOn(clock));
      expect(joules).toBeCloseTo(4.25, 9);
      await clock.advance(5);
    }
    expect(smi.calls).toHaveLength(2);
  });
});

describe("the field of power", () => {
  const old = [{ name: "NVIDIA H200", "power.draw": 60 }];

  it("is the instant one where there is one", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, start: START });
    await using meter = meterOf(await openOn(smi, new FakeClock(START)));
    expect(meter.idleWatts).toBeCloseTo(60, 9);
    expect(smi.calls.at(-1)?.flags).toMatchObject({
      id: "GPU-0",
      "query-gpu": "timestamp,power.draw.instant",
    });
  });

  it.each([
    ["this version does not know", { gpus: old, unknownFields: ["power.draw.instant"] }],
    ["this GPU does not have", { gpus: [{ ...old[0]!, "power.draw.instant": "[N/A]" }] }],
  ])("is the averaged one where %s the instant one, after more work", async (_, options) => {
    // The mean over a second shows the work alone one second after it began.
    const late = [
      { at: 0, watts: 60 },
      { at: 2, watts: 60 },
      { at: 3, watts: 400 },
      { at: 99, watts: 400 },
    ];
    using smi = new FakeNvidiaSmi({ ...options, start: START, curve: late, linear: true });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    expect(smi.calls.at(-1)?.flags).toMatchObject({ "query-gpu": "timestamp,power.draw" });
    const { joules } = await meter.measure(workOn(clock), { seconds: 2 });
    expect(joules).toBeCloseTo(4.25, 9);
  });
});

describe("no meter of an NVIDIA GPU", () => {
  it("without nvidia-smi", async () => {
    const found = await openEnergyMeter(h200, { nvidiaSmi: "/nowhere/nvidia-smi" });
    expect(found).toEqual({
      reason:
        "The power of an NVIDIA GPU is read with nvidia-smi, and /nowhere/nvidia-smi cannot be run (ENOENT); it comes with NVIDIA's driver.",
    });
  });

  it("without a driver", async () => {
    const error = "NVIDIA-SMI has failed because it couldn't communicate with the driver.\nReboot.";
    using smi = new FakeNvidiaSmi({ gpus: [], error });
    expect(await reasonOf(smi)).toBe(
      `${smi.command} failed: NVIDIA-SMI has failed because it couldn't communicate with the driver.`,
    );
  });

  it("without a GPU", async () => {
    using smi = new FakeNvidiaSmi({ gpus: [] });
    expect(await reasonOf(smi)).toMatch(/lists no GPU: it said nothing\.$/);
  });

  it.each([
    ["[N/A]", /power\.draw is \[N\/A\], as on virtual GPUs/],
    ["[Not Supported]", /power\.draw is \[Not Supported\], as on virtual GPUs/],
    ["[Insufficient Permissions]", /\[Insufficient Permissions\], so run as a user who may/],
  ])("where its power is %s", async (power, reason) => {
    const gpus = [{ name: "NVIDIA H200", "power.draw": power, "power.draw.instant": power }];
    using smi = new FakeNvidiaSmi({ gpus, start: START });
    expect(await reasonOf(smi)).toMatch(reason);
  });

  it("where nvidia-smi does not answer", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, silent: true });
    expect(await reasonOf(smi, { timeoutSeconds: 0.2 })).toMatch(/did not answer within 0\.2 s\.$/);
  });

  it("where nvidia-smi says nothing once it should go on", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, start: START, length: 0 });
    const clock = new FakeClock(START);
    const opening = openOn(smi, clock);
    await expect.poll(() => clock.sleepers, patience).toBe(1);
    await clock.advance(15);
    expect(await opening).toEqual({ reason: `${smi.command} gave no power within 15 s.` });
    expect(smi.running).toEqual([]);
  });

  it("where nvidia-smi ends at once", async () => {
    using smi = new FakeNvidiaSmi({
      gpus: one,
      start: START,
      length: 0,
      last: "Unable to determine the device handle.",
      exitCode: 15,
    });
    expect(await reasonOf(smi)).toMatch(
      /ended while it was needed \(exit code 15\): Unable to determine the device handle\.$/,
    );
  });
});

describe("a meter that fails in a run", () => {
  // Samples up to the idle power only, so that a run has to wait for more.
  const short = { gpus: one, start: START, length: 2.1 } as const;

  it("is an error when nvidia-smi dies", async () => {
    using smi = new FakeNvidiaSmi(short);
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    const killing = async (): Promise<number> => {
      for (const pid of smi.running) process.kill(pid, "SIGKILL");
      return await workOn(clock)();
    };
    await expect(meter.measure(killing)).rejects.toMatchObject({
      code: "ENERGY_METER_FAILED",
      message: expect.stringMatching(/ended while it was needed \(SIGKILL\)\.$/),
    });
    // It stays so, and no more work is done for nothing.
    let calls = 0;
    const counting = async (): Promise<number> => ++calls;
    await expect(meter.measure(counting)).rejects.toMatchObject({ code: "ENERGY_METER_FAILED" });
    expect(calls).toBe(0);
  });

  it("is an error when nvidia-smi falls silent, with what it said last", async () => {
    using smi = new FakeNvidiaSmi({ ...short, first: "2026/02/02 02:39:59.950, [N/A]" });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    const measuring = meter.measure(workOn(clock));
    const failure = expect(measuring).rejects.toMatchObject({
      code: "ENERGY_METER_FAILED",
      message: expect.stringMatching(/gave no power within 15 s, but printed .*950, \[N\/A\]\.$/),
    });
    await expect.poll(() => clock.sleepers, patience).toBe(1);
    await clock.advance(15);
    await failure;
  });

  it("is an error when a window has too few samples", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, start: START, period: 0.5 });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    await expect(meter.measure(workOn(clock), { seconds: 0.125 })).rejects.toMatchObject({
      code: "ENERGY_METER_FAILED",
      message: expect.stringContaining("measure for longer"),
    });
  });
});

describe("the process of nvidia-smi", () => {
  it("is gone when the meter is disposed of, and the meter says so", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, start: START });
    const clock = new FakeClock(START);
    const meter = meterOf(await openOn(smi, clock));
    expect(smi.running).toHaveLength(1);
    await meter[Symbol.asyncDispose]();
    expect(smi.running).toEqual([]);
    await expect(meter.measure(workOn(clock))).rejects.toThrow("The meter was closed.");
    await meter[Symbol.asyncDispose]();
  });

  it.each([
    ["before it answered", { silent: true }, 1],
    ["before it gave a power", { start: START, length: 0 }, 2],
  ])("is gone when opening is aborted %s", async (_, behaviour, calls) => {
    using smi = new FakeNvidiaSmi({ gpus: one, ...behaviour });
    const controller = new AbortController();
    const opening = openOn(smi, new FakeClock(START), { signal: controller.signal });
    await expect.poll(() => smi.calls.length, patience).toBe(calls);
    controller.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    await expect.poll(() => smi.running, patience).toEqual([]);
  });

  it("stays for the next run when one is aborted", async () => {
    using smi = new FakeNvidiaSmi({ gpus: one, start: START, curve });
    const clock = new FakeClock(START);
    await using meter = meterOf(await openOn(smi, clock));
    const controller = new AbortController();
    const aborting = async (): Promise<number> => {
      controller.abort(new Error("enough"));
      return await workOn(clock)();
    };
    const { signal } = controller;
    await expect(meter.measure(aborting, { signal })).rejects.toThrow("enough");
    const { joules } = await meter.measure(workOn(clock), { seconds: 2 });
    expect(joules).toBeCloseTo(4.25, 9);
  });

  it.each([
    ["forgets", ""],
    ["disposes of", "await meter[Symbol.asyncDispose]();"],
  ])("keeps no program alive that %s the meter, and ends with it", async (_, last) => {
    using smi = new FakeNvidiaSmi({ gpus: one });
    const entry = fileURLToPath(new URL("../../index.ts", import.meta.url));
    const program = `
      import { openEnergyMeter } from ${JSON.stringify(entry)};
      const options = { nvidiaSmi: ${JSON.stringify(smi.command)}, idleSeconds: 0.2, timeoutSeconds: 60 };
      const { meter, reason } = await openEnergyMeter(${JSON.stringify(h200)}, options);
      ${last}
      console.log(reason ?? meter.name);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=@papilio/source",
      "--input-type=module",
      "--eval",
      program,
    ]);
    expect(stdout.trim()).toBe("nvidia-smi NVIDIA H200");
    await expect.poll(() => smi.running, patience).toEqual([]);
  });
});
