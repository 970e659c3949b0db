import { afterEach, describe, expect, it } from "vitest";
import { rowsFromTiles, tilesFromRows } from "../kernels/convert.ts";
import { vectorsBytes } from "../kernels/layout.ts";
import { CpuMemory } from "../memory/cpu-memory.ts";
import { compileKernel, instantiate, type Kernel } from "../wasm/kernel.ts";
import { CONTROL_BYTES, RUN_HAS_ENDED, SHARE_BYTES } from "../wasm/run-states.ts";
import { OPERATION_BYTES, type RecordedOperation, writeOperations } from "./recorded-program.ts";
import { ThreadPool } from "./thread-pool.ts";

const VECTORS = 900;
const FEATURES = 24;

const kernel = (await compileKernel()) as Kernel;
const memory = CpuMemory.create() as CpuMemory;
let pool = new ThreadPool(kernel, memory);
afterEach(() => {
  pool.terminate("The test is over.");
  pool = new ThreadPool(kernel, memory);
});

/** Conversions there and back, many times: each needs all of the one before it. */
function there(times: number): { operations: number; count: number; from: number; to: number } {
  const problem = { vectors: VECTORS, features: FEATURES };
  const [first, tiles] = (["rows", "tiles"] as const).map((layout) =>
    memory.allocate(vectorsBytes(layout, VECTORS, FEATURES), "vectors"),
  ) as [number, number];
  const recorded: RecordedOperation[] = [];
  let rows = first;
  for (let time = 0; time < times; time++) {
    const next = memory.allocate(vectorsBytes("rows", VECTORS, FEATURES), "vectors");
    memory.bytesAt(next, vectorsBytes("rows", VECTORS, FEATURES)).fill(0);
    for (const [make, addresses] of [
      [tilesFromRows, [rows, tiles]],
      [rowsFromTiles, [next, tiles]],
    ] as const) {
      const { kernel: id, items, words } = make(problem);
      const call = memory.allocate(64, "a call");
      const numbers = words(addresses);
      memory.int32(call, numbers.length).set(numbers);
      recorded.push({ kernel: id, items, call });
    }
    rows = next;
  }
  const operations = memory.allocate(OPERATION_BYTES * recorded.length, "operations");
  writeOperations(memory, operations, recorded);
  return { operations, count: recorded.length, from: first, to: rows };
}

const length = VECTORS * FEATURES;
const fill = (address: number, seed: number): Float32Array => {
  const numbers = Float32Array.from({ length }, (_, index) => index * seed + 1);
  memory.float32(address, length).set(numbers);
  return numbers;
};

describe.each([1, 2, 4])("a program on %d threads", (threads) => {
  it("computes each operation after all of the one before, run after run", async () => {
    const { operations, count, from, to } = there(20);
    for (let run = 1; run <= 10; run++) {
      const numbers = fill(from, run);
      await pool.run({ operations, count, threads, scratchBytes: 64 });
      expect(memory.float32(to, length)).toEqual(numbers);
    }
  });

  it("lets the event loop run between short ones", async () => {
    const { operations, count } = there(1);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const end = performance.now() + 10_000;
    // Nothing but runs: a promise that is resolved gives the loop no turn.
    while (turns < 2 && performance.now() < end) {
      await pool.run({ operations, count, threads, scratchBytes: 0 });
    }
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it("stops when the signal aborts, and the next run is right", async () => {
    const { operations, count, from, to } = there(100);
    const numbers = fill(from, 3);
    const controller = new AbortController();
    const program = { operations, count, threads, scratchBytes: 0 };
    const run = pool.run(program, controller.signal);
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    await expect(pool.run(program, controller.signal)).rejects.toThrow("enough");
    await pool.run(program);
    expect(memory.float32(to, length)).toEqual(numbers);
  });

  it("fails when a kernel does, and the next run is right", async () => {
    const { operations, count, from, to } = there(2);
    const call = memory.allocate(64, "a call");
    const broken = memory.allocate(OPERATION_BYTES, "operations");
    // No kernel has the number, in items for all threads.
    writeOperations(memory, broken, [{ kernel: -1, items: 64, call }]);
    await expect(
      pool.run({ operations: broken, count: 1, threads, scratchBytes: 0 }),
    ).rejects.toThrow(/unreachable/);
    const numbers = fill(from, 5);
    await pool.run({ operations, count, threads, scratchBytes: 0 });
    expect(memory.float32(to, length)).toEqual(numbers);
  });
});

/** A run of two threads that has begun, and that the test computes on its own. */
function begin(program: { operations: number; count: number }): {
  control: number;
  state: Uint8Array;
  exports: ReturnType<typeof instantiate>;
} {
  const exports = instantiate(kernel.module, memory.memory);
  const control = memory.allocate(CONTROL_BYTES, "the state of a run");
  const state = memory.bytesAt(control, CONTROL_BYTES).fill(0);
  const scratch = memory.allocate(2 * SHARE_BYTES, "scratch memory");
  exports.startProgram(control, program.operations, program.count, 2, scratch, SHARE_BYTES);
  return { control, state, exports };
}

describe("a run", () => {
  it("has ended as soon as threads see the word that they wait for, whatever else they have yet to see", () => {
    const { control, state, exports } = begin(there(1));
    const during = state.slice();
    expect(exports.runProgram(control, 1, 1000, false)).toBe(RUN_HAS_ENDED);
    // The first word of all that the other thread wrote.
    state.set(during.subarray(8), 8);
    expect(exports.runProgram(control, 0, 1000, false)).toBe(RUN_HAS_ENDED);
    expect(exports.requestMessage(control)).toBe(0);
  });

  it("has a share of the items for each thread, which takes others' when it has none left", () => {
    const program = there(1);
    const { control, exports } = begin(program);
    const numbers = fill(program.from, 7);
    const written = (): number[] =>
      [0, length - 1].map((index) => memory.float32(program.to, length)[index] as number);
    // Two operations of two items each.
    for (const thread of [0, 1, 1]) exports.runProgram(control, thread, 1, false);
    expect(written()).toEqual([0, numbers.at(-1)]);
    exports.runProgram(control, 1, 1, false);
    expect(memory.float32(program.to, length)).toEqual(numbers);
    expect(exports.runProgram(control, 0, 1, false)).toBe(RUN_HAS_ENDED);
  });
});
