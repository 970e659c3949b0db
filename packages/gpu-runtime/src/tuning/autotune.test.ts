import { describe, expect, it } from "vitest";
import {
  type AutotuneOptions,
  autotune,
  type Candidate,
  type PreparedCandidate,
  type Trial,
} from "./autotune.ts";

/** What a fake candidate does. `seconds` are its samples in turn, the last again and again. */
interface Behaviour {
  readonly seconds: readonly number[];
  readonly wrong?: string;
  readonly fails?: "prepare" | "verify" | "sample";
}

/** Prepared candidates that take their time by a clock of their own, and count what is not disposed of. */
class FakeDevice {
  clock = 0;
  alive = 0;
  mostAlive = 0;
  readonly events: string[] = [];

  readonly prepare = (name: string, { seconds, wrong, fails }: Behaviour): PreparedCandidate => {
    const fail = (part: Behaviour["fails"]): void => {
      this.events.push(`${part} ${name}`);
      if (fails === part) throw new Error(`${name} cannot ${part}`);
    };
    fail("prepare");
    this.mostAlive = Math.max(this.mostAlive, ++this.alive);
    let taken = 0;
    return {
      verify: async () => {
        fail("verify");
        return await Promise.resolve(wrong);
      },
      sample: async () => {
        fail("sample");
        const result = seconds[Math.min(taken++, seconds.length - 1)] as number;
        this.clock += result;
        return await Promise.resolve(result);
      },
      [Symbol.dispose]: () => {
        this.alive--;
      },
    };
  };

  autotune(
    behaviours: Readonly<Record<string, Behaviour>>,
    options: Partial<AutotuneOptions> = {},
  ) {
    const candidates = Object.entries(behaviours).map(([name, value]) => ({ name, value }));
    const names = new Map(candidates.map(({ name, value }) => [value, name]));
    return autotune(
      candidates,
      (value) => Promise.resolve().then(() => this.prepare(names.get(value) as string, value)),
      { timeLimitSeconds: 1000, now: () => this.clock, ...options },
    );
  }
}

const steady = (seconds: number): Behaviour => ({ seconds: [seconds] });
const outcomes = (trials: readonly Trial[]): unknown =>
  Object.fromEntries(trials.map(({ name, outcome }) => [name, outcome]));

describe("autotuning", () => {
  it("finds the fastest, and disposes of all", async () => {
    const device = new FakeDevice();
    const { best, trials, stopped } = await device.autotune({
      default: steady(1),
      good: steady(0.8),
      better: steady(0.7),
    });
    expect(best.name).toBe("better");
    expect(stopped).toBe("done");
    expect(trials).toEqual(
      [1, 0.8, 0.7].map((seconds, index) => ({
        name: ["default", "good", "better"][index],
        outcome: "measured",
        samples: Array(16).fill(seconds),
        seconds,
        reason: null,
      })),
    );
    expect(device.alive).toBe(0);
  });

  it("samples in rounds whose order changes", async () => {
    const device = new FakeDevice();
    await device.autotune({ a: steady(1), b: steady(1), c: steady(1) }, { rounds: 3 });
    const samples = device.events.filter((event) => event.startsWith("sample"));
    const order = samples.map((event) => event.at(-1)).join("");
    // After the first samples, which are taken one by one.
    const rounds = [3, 6, 9].map((start) => order.slice(start, start + 3));
    expect(order).toHaveLength(12);
    expect(new Set(rounds).size).toBe(3);
    for (const round of rounds) expect([...round].sort()).toEqual(["a", "b", "c"]);
  });

  it.each([
    ["saves too little", { seconds: [0.98] }],
    ["varies too much", { seconds: [0.5, ...Array(5).fill([1.3, 0.5, 0.5]).flat()] }],
  ])("keeps the default when another %s", async (_, other) => {
    const { best } = await new FakeDevice().autotune({ default: steady(1), other });
    expect(best.name).toBe("default");
  });

  it("takes one that is surely faster before a faster one that is not", async () => {
    const { best } = await new FakeDevice().autotune({
      default: steady(1),
      wild: { seconds: [0.65, ...Array(5).fill([1.3, 0.65, 0.65]).flat()] },
      sure: steady(0.9),
    });
    expect(best.name).toBe("sure");
  });

  it("drops what is far slower, early, but never the default", async () => {
    const device = new FakeDevice();
    const { best, trials } = await device.autotune({
      default: steady(3),
      slow: steady(20),
      slower: steady(4),
      fast: steady(1),
    });
    expect(best.name).toBe("fast");
    expect(outcomes(trials)).toEqual({
      default: "measured",
      slow: "slower",
      slower: "slower",
      fast: "measured",
    });
    expect(trials.map(({ samples }) => samples.length)).toEqual([16, 1, 1, 16]);
    // `slow` was gone before the others came.
    expect(device.mostAlive).toBe(3);
  });

  it("looks twice before it drops one that was disturbed", async () => {
    const { best } = await new FakeDevice().autotune({
      default: steady(1),
      disturbed: { seconds: [3, 0.5] },
    });
    expect(best.name).toBe("disturbed");
  });

  it("disqualifies what is wrong or fails, with the reason", async () => {
    const device = new FakeDevice();
    const { best, trials } = await device.autotune({
      default: steady(1),
      wrong: { seconds: [0.1], wrong: "element 3 is NaN" },
      unprepared: { seconds: [0.1], fails: "prepare" },
      unverified: { seconds: [0.1], fails: "verify" },
      broken: { seconds: [0.1], fails: "sample" },
    });
    expect(best.name).toBe("default");
    expect(trials.slice(1).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["disqualified", "element 3 is NaN"],
      ["disqualified", "unprepared cannot prepare"],
      ["disqualified", "unverified cannot verify"],
      ["disqualified", "broken cannot sample"],
    ]);
    expect(device.alive).toBe(0);
  });

  it("answers with the fastest of the others when the default fails", async () => {
    const { best } = await new FakeDevice().autotune({
      default: { seconds: [0.1], wrong: "all zeros" },
      a: steady(1),
      b: steady(0.99),
    });
    expect(best.name).toBe("b");
  });

  it("throws every reason when all fail", async () => {
    const device = new FakeDevice();
    const failed = device.autotune({
      a: { seconds: [1], wrong: "all zeros" },
      b: { seconds: [1], fails: "prepare" },
    });
    await expect(failed).rejects.toMatchObject({
      code: "TUNING_FAILED",
      message: expect.stringMatching(/a: all zeros; b: b cannot prepare/),
    });
    expect(device.alive).toBe(0);
  });

  it.each([
    ["none", []],
    ["two of one name", ["a", "a"]],
  ])("refuses %s", async (_, names) => {
    const candidates: Candidate<number>[] = names.map((name) => ({ name, value: 0 }));
    const refused = autotune(candidates, () => Promise.reject(new Error("called")), {
      timeLimitSeconds: 1,
    });
    await expect(refused).rejects.toMatchObject({ code: "TUNING_CANDIDATES" });
  });
});

describe("the time limit of autotuning", () => {
  it("lets the default be measured whatever it is", async () => {
    const { best, trials, stopped } = await new FakeDevice().autotune(
      { default: steady(1), other: steady(0.1) },
      { timeLimitSeconds: 0 },
    );
    expect(best.name).toBe("default");
    expect(stopped).toBe("time-limit");
    expect(outcomes(trials)).toEqual({ default: "measured", other: "untried" });
  });

  it("goes on to the next when the default fails", async () => {
    const { best } = await new FakeDevice().autotune(
      { default: { seconds: [1], fails: "sample" }, other: steady(1), third: steady(0.5) },
      { timeLimitSeconds: 0 },
    );
    expect(best.name).toBe("other");
  });

  it("leaves time for rounds of those that were tried", async () => {
    const behaviours = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`candidate ${index}`, steady(1 - index / 100)]),
    );
    const device = new FakeDevice();
    const { trials, stopped } = await device.autotune(behaviours, { timeLimitSeconds: 10 });
    expect(stopped).toBe("time-limit");
    expect(trials.filter(({ outcome }) => outcome === "untried").length).toBeGreaterThan(10);
    expect(trials[0]?.samples.length).toBeGreaterThan(1);
    expect(device.clock).toBeLessThan(11);
  });
});

it("keeps the default when there was time for a round or two only", async () => {
  const { best, trials } = await new FakeDevice().autotune(
    { default: steady(1), fast: steady(0.5) },
    { timeLimitSeconds: 2.5 },
  );
  expect(trials.map(({ samples }) => samples.length)).toEqual([2, 1]);
  expect(best.name).toBe("default");
});

describe("aborting autotuning", () => {
  const reason = new Error("enough");

  it.each(["prepare b", "verify b", "sample a", "sample b"])(
    "at %s rejects with the reason and disposes of all",
    async (when) => {
      const controller = new AbortController();
      const device = new FakeDevice();
      device.events.push = (event: string) => {
        if (event === when) controller.abort(reason);
        return Array.prototype.push.call(device.events, event);
      };
      const aborted = device.autotune(
        { a: steady(1), b: steady(1), c: steady(1) },
        { signal: controller.signal },
      );
      await expect(aborted).rejects.toBe(reason);
      expect(device.alive).toBe(0);
      expect(device.events.at(-1)).toBe(when);
    },
  );

  it("is not taken for a failure of the candidate that it interrupts", async () => {
    const controller = new AbortController();
    const trials: Trial[] = [];
    const aborted = autotune(
      [{ name: "a", value: 0 }],
      () => {
        controller.abort(reason);
        return Promise.reject(reason);
      },
      {
        timeLimitSeconds: 1,
        signal: controller.signal,
        onTrial: (trial) => trials.push(trial),
      },
    );
    await expect(aborted).rejects.toBe(reason);
    expect(trials).toEqual([]);
  });
});
