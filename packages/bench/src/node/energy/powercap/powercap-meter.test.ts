import { join } from "node:path";
import { uniform } from "@papilio/butterfly/numeric";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeClock } from "../../../testing/energy/fake-clock.ts";
import { FakePowercap } from "../../../testing/energy/fake-powercap.ts";
import type { EnergyMeter, MeterSearch } from "../energy-meter.ts";
import { openEnergyMeter } from "../open-energy-meter.ts";
import { openPowercapMeter } from "./powercap-meter.ts";
import { readText } from "./read-text.ts";

// Thousands of small files are written, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const llvmpipe = { name: "llvmpipe", vendor: "", driver: "", kind: "software" } as const;
const IDLE = 10;
const BUSY = 50;

let clock: FakeClock;
let tree: FakePowercap;
beforeEach(() => {
  clock = new FakeClock();
  tree = new FakePowercap(clock);
  tree.watts = IDLE;
});
afterEach(() => tree[Symbol.dispose]());

function search(): Promise<MeterSearch> {
  return clock.pass(openEnergyMeter(llvmpipe, { powercapRoot: tree.root, clock }));
}

async function open(): Promise<EnergyMeter> {
  const found = await search();
  if ("reason" in found) throw new Error(found.reason);
  return found.meter;
}

async function reason(): Promise<string> {
  const found = await search();
  if ("meter" in found) throw new Error(`there is a meter: ${found.meter.name}`);
  return found.reason;
}

/** Four multiplications in an eighth of a second at the given power. */
function workAt(watts: number): () => Promise<number> {
  return async () => {
    const before = tree.watts;
    tree.watts = watts;
    await clock.advance(0.125);
    tree.watts = before;
    return 4;
  };
}

const work = workAt(BUSY);

describe("the meter of the processor", () => {
  it("measures nothing after it was closed, once or twice", async () => {
    tree.add("intel-rapl:0", "package-0");
    const meter = await open();
    for (let time = 0; time < 2; time++) await meter[Symbol.asyncDispose]();
    const late = meter.measure(work, { seconds: 1 });
    await expect(late).rejects.toThrow(expect.objectContaining({ code: "ENERGY_METER_FAILED" }));
  });

  it("gives the joules of a multiplication above idle", async () => {
    tree.add("intel-rapl:0", "package-0");
    await using meter = await open();
    expect(meter.name).toBe("powercap package-0");
    expect(meter.source).toBe("powercap");
    expect(meter.idleWatts).toBeCloseTo(IDLE, 9);
    expect(meter.idleSeconds).toBeCloseTo(2, 9);
    const reading = await meter.measure(work, { seconds: 1 });
    expect(reading.runs).toBe(32);
    expect(reading.seconds).toBeCloseTo(1, 9);
    expect(reading.watts).toBeCloseTo(BUSY, 6);
    // 40 W above idle for 1 s, over 32 multiplications.
    expect(reading.joules).toBeCloseTo(1.25, 9);
    // A millisecond of power at both ends of the run and of idle: 2 (50 / 1 + 10 / 2) mW.
    expect(reading.upper - reading.joules).toBeCloseTo(0.11 / 32, 6);
    expect(reading.joules - reading.lower).toBeCloseTo(0.11 / 32, 6);
  });

  it("sums the packages and nothing else", async () => {
    tree
      .add("intel-rapl", "control type, no zone")
      .add("intel-rapl:0", "package-0", { share: 0.75 })
      .add("intel-rapl:0:0", "core", { share: 0.5 })
      .add("intel-rapl:0:1", "uncore", { share: 0.1 })
      .add("intel-rapl:0:2", "dram", { share: 0.3 })
      .add("intel-rapl:1", "package-1", { share: 0.25 })
      .add("intel-rapl:2", "psys", { share: 2 })
      .add("intel-rapl-mmio:0", "package-0", { share: 0.75 })
      .add("dtpm", "something else");
    await using meter = await open();
    expect(meter.name).toBe("powercap package-0 + package-1");
    expect(meter.idleWatts).toBeCloseTo(IDLE, 9);
    const { joules, watts } = await meter.measure(work, { seconds: 1 });
    expect(watts).toBeCloseTo(BUSY, 6);
    expect(joules).toBeCloseTo(1.25, 9);
  });

  it("follows counters that wrap around, at different times, several times in a run", async () => {
    tree
      .add("intel-rapl:0", "package-0", { share: 0.6, range: 15e6, start: 14.9e6 })
      .add("intel-rapl:1", "package-1", { share: 0.4, range: 35e6, start: 3e6 });
    await using meter = await open();
    const wrapsBefore = tree.wraps;
    const { joules } = await meter.measure(work, { seconds: 4 });
    expect(tree.wraps - wrapsBefore).toBeGreaterThanOrEqual(8);
    expect(joules).toBeCloseTo(1.25, 9);
  });

  it("reads beside work that lasts longer than a counter needs to wrap around", async () => {
    tree.add("intel-rapl:0", "package-0", { range: 15e6 });
    await using meter = await open();
    const long = async (): Promise<number> => {
      tree.watts = BUSY;
      await clock.advance(8);
      tree.watts = IDLE;
      return 100;
    };
    const { joules, runs } = await meter.measure(long, { seconds: 1 });
    expect(runs).toBe(100);
    expect(joules).toBeCloseTo((8 * 40) / 100, 9);
  });

  it("does not care how often counters wrap around between runs", async () => {
    tree.add("intel-rapl:0", "package-0", { range: 15e6 });
    await using meter = await open();
    await clock.advance(1000);
    const { joules } = await meter.measure(work);
    expect(joules).toBeCloseTo(1.25, 9);
  });

  it("fails rather than guess when it could not read for too long", async () => {
    tree.add("intel-rapl:0", "package-0", { range: 15e6 });
    await using meter = await open();
    // A thread that is busy lets no timer pass.
    clock.sleep = () => new Promise(() => undefined);
    const blocking = async (): Promise<number> => {
      await clock.advance(1.5);
      return 1;
    };
    await expect(meter.measure(blocking, { seconds: 1 })).rejects.toMatchObject({
      code: "ENERGY_METER_FAILED",
      message: expect.stringMatching(/not read for 1\.50 s/),
    });
  });

  it("has a wider interval where idle power varies, and the true energy in it", async () => {
    tree.add("intel-rapl:0", "package-0");
    const next = uniform(7);
    const vary = clock.onMove;
    clock.onMove = (seconds) => {
      if (tree.watts < BUSY) tree.watts = IDLE + 2 * next();
      vary(seconds);
    };
    await using meter = await open();
    const { joules, lower, upper } = await meter.measure(work, { seconds: 1 });
    expect(upper - lower).toBeGreaterThan((2 * 2) / 32);
    expect(joules).not.toBeCloseTo(1.25, 6);
    expect(lower).toBeLessThanOrEqual(1.25);
    expect(upper).toBeGreaterThanOrEqual(1.25);
  });

  it("has the true energy in the interval when counters are a millisecond behind", async () => {
    tree.add("intel-rapl:0", "package-0");
    const moves: { readonly end: number; readonly watts: number; readonly joules: number }[] = [];
    let joules = 0;
    clock.onMove = (seconds) => {
      joules += seconds * tree.watts;
      moves.push({ end: clock.now() + seconds, watts: tree.watts, joules });
    };
    const next = uniform(3);
    const read = (path: string): string => {
      if (!path.endsWith("energy_uj")) return readText(path);
      const time = clock.now() - 0.0005 * (1 + next());
      const move = moves.find(({ end }) => end >= time);
      const counted = move === undefined ? joules : move.joules - (move.end - time) * move.watts;
      return `${Math.round(1e6 * Math.max(0, counted))}`;
    };
    const found = await clock.pass(
      openPowercapMeter({ root: tree.root, idleSeconds: 1, clock, read }),
    );
    if ("reason" in found) throw new Error(found.reason);
    for (let trial = 0; trial < 20; trial++) {
      const reading = await found.meter.measure(work, { seconds: 0.125 });
      expect(reading.joules).not.toBeCloseTo(1.25, 6);
      expect(reading.lower).toBeLessThanOrEqual(1.25);
      expect(reading.upper).toBeGreaterThanOrEqual(1.25);
      await clock.advance(0.1);
    }
  });

  it("stops reading when the run is over, however it ends", async () => {
    tree.add("intel-rapl:0", "package-0");
    await using meter = await open();
    await meter.measure(work);
    expect(clock.sleepers).toBe(0);
    const broken = (): Promise<number> => Promise.reject(new Error("the device is lost"));
    await expect(meter.measure(broken)).rejects.toThrow("the device is lost");
    expect(clock.sleepers).toBe(0);
  });
});

describe("aborting", () => {
  it("ends the idle time with the signal's reason", async () => {
    tree.add("intel-rapl:0", "package-0");
    const controller = new AbortController();
    const opening = openEnergyMeter(llvmpipe, {
      powercapRoot: tree.root,
      clock,
      signal: controller.signal,
    });
    controller.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    expect(clock.sleepers).toBe(0);
  });

  it("ends a run after the work in hand", async () => {
    tree.add("intel-rapl:0", "package-0");
    await using meter = await open();
    const controller = new AbortController();
    let calls = 0;
    const aborting = async (): Promise<number> => {
      calls++;
      controller.abort(new Error("enough"));
      return await work();
    };
    const { signal } = controller;
    await expect(meter.measure(aborting, { signal })).rejects.toThrow("enough");
    expect(calls).toBe(1);
    await expect(meter.measure(aborting, { signal })).rejects.toThrow("enough");
    expect(calls).toBe(1);
  });
});

describe("options", () => {
  it("are refused where they are no positive numbers", async () => {
    const invalid = { code: "ENERGY_OPTION_INVALID" };
    await expect(openEnergyMeter(llvmpipe, { idleSeconds: 0 })).rejects.toMatchObject(invalid);
    tree.add("intel-rapl:0", "package-0");
    await using meter = await open();
    await expect(meter.measure(work, { seconds: Number.NaN })).rejects.toMatchObject(invalid);
    await expect(meter.measure(async () => 0)).rejects.toMatchObject(invalid);
  });
});

describe("no meter of the processor", () => {
  it("without the tree", async () => {
    tree[Symbol.dispose]();
    expect(await reason()).toMatch(/papilio-powercap-\w+ does not exist; it needs Linux/);
  });

  it("without a package in the tree", async () => {
    tree.add("intel-rapl:0", "psys").add("intel-rapl:0:0", "core");
    expect(await reason()).toMatch(/has no package zone/);
  });

  it.each(["EACCES", "EPERM"])("where the counter is root's (%s)", async (code) => {
    tree.add("intel-rapl:0", "package-0");
    const read = (path: string): string => {
      if (!path.endsWith("energy_uj")) return readText(path);
      throw Object.assign(new Error(`${code}: open '${path}'`), { code });
    };
    const found = await openPowercapMeter({ root: tree.root, idleSeconds: 1, clock, read });
    const path = join(tree.root, "intel-rapl:0", "energy_uj");
    expect(found).toEqual({
      reason: `The energy counter of the processor cannot be used: ${path} may be read by root alone (${code}), so run as root or allow it with sudo chmod a+r ${path}.`,
    });
  });

  it.each(["", "soon", "-5", "1.5", "NaN", "1e6", "123456789012345678901"])(
    "where the counter holds %j",
    async (text) => {
      tree.add("intel-rapl:0", "package-0");
      tree.write("intel-rapl:0", "energy_uj", text);
      expect(await reason()).toContain(`energy_uj holds ${JSON.stringify(text)}`);
    },
  );

  it("where the range is not a range", async () => {
    tree.add("intel-rapl:0", "package-0", { range: 0 });
    expect(await reason()).toMatch(/max_energy_range_uj is 0\.$/);
  });

  it("where the counter is above its range", async () => {
    tree.add("intel-rapl:0", "package-0", { range: 1000 });
    tree.write("intel-rapl:0", "energy_uj", "1001");
    expect(await reason()).toContain("holds 1001, above its range of 1000 microjoules");
  });
});

describe("a meter that fails in a run", () => {
  it.each([
    ["between readings", 0.125],
    ["at one beside the work", 3],
  ])("is an error that names the file: %s", async (_, seconds) => {
    tree.add("intel-rapl:0", "package-0");
    await using meter = await open();
    const failing = async (): Promise<number> => {
      await clock.advance(0.01);
      clock.onMove = () => undefined;
      tree.write("intel-rapl:0", "energy_uj", "garbage");
      await clock.advance(seconds);
      return 1;
    };
    await expect(meter.measure(failing)).rejects.toMatchObject({
      code: "ENERGY_METER_FAILED",
      message: expect.stringMatching(/energy_uj holds "garbage", which is not a count\.$/),
      fix: expect.stringContaining("without energy"),
    });
  });
});
