import { afterAll, describe, expect, it } from "vitest";
import { disposeCpuThreads } from "../engine/engine.ts";
import { type OpenCpu, openCpu } from "../engine/open-cpu.ts";
import { rowsFromTiles, tilesFromRows } from "../kernels/convert.ts";
import { CpuProgram, type OpenEngine } from "./cpu-program.ts";
import { ProgramRecorder } from "./recorder.ts";

const [VECTORS, FEATURES] = [37, 10];
const size = { vectors: VECTORS, features: FEATURES };
const numbers = Float32Array.from({ length: VECTORS * FEATURES }, (_, index) => index + 0.25);
const cpu = (await openCpu(2)) as OpenCpu & OpenEngine;
const { memory } = cpu.engine;
afterAll(() => disposeCpuThreads());

/** Vectors that are brought to tiles and back, `times` times, each time as another value. */
function thereAndBack(times: number): ProgramRecorder {
  const recorder = new ProgramRecorder();
  let value = recorder.input(VECTORS, FEATURES);
  for (let time = 0; time < times; time++) {
    const next = recorder.value(VECTORS, FEATURES);
    // Rows that are read as tiles: a conversion stands before it.
    recorder.add(rowsFromTiles(size), [next, value]);
    value = next;
  }
  recorder.output(value);
  return recorder;
}

describe("a program on the CPU", () => {
  it("converts between layouts, and runs again and again", async () => {
    using program = CpuProgram.record(cpu, thereAndBack(3));
    expect(program.operations.map(({ role }) => role)).toEqual(
      Array.from({ length: 3 }, () => ["rewrite", "compute"]).flat(),
    );
    for (const factor of [1, -2]) {
      const given = numbers.map((number) => number * factor);
      expect(await program.run([given])).toEqual([given]);
    }
  });

  it("gives what is not needed any more to what comes later", () => {
    const [short, long] = [3, 30].map((times) => CpuProgram.record(cpu, thereAndBack(times)));
    expect(long?.report.arena.bytes).toBe(short?.report.arena.bytes);
    expect(long?.report.rewrites).toBe(30);
    short?.dispose();
    long?.dispose();
  });

  it("converts once for all readers, and again after an update", async () => {
    const recorder = new ProgramRecorder();
    const bytes = 4 * 16 * 3 * FEATURES;
    const span = { address: memory.allocate(bytes, "a state"), bytes };
    memory.float32(span.address, bytes / 4).fill(7);
    const state = recorder.kept(VECTORS, FEATURES, "tiles", span);
    const given = recorder.input(VECTORS, FEATURES);
    recorder.output(state);
    recorder.output(state);
    expect(recorder.calls).toHaveLength(1);
    // As what appends to a cache of keys: it writes to the state where it is.
    const [rows, tiles] = tilesFromRows(size).operands;
    const update = { ...tilesFromRows(size), operands: [rows, { ...tiles, access: "update" }] };
    recorder.add(update as never, [given, state]);
    recorder.output(state);
    expect(recorder.calls).toHaveLength(3);
    using program = CpuProgram.record(cpu, recorder);
    const [before, same, after] = await program.run([numbers]);
    expect(before).toEqual(new Float32Array(numbers.length).fill(7));
    expect(same).toEqual(before);
    expect(after).toEqual(numbers);
    expect((await program.run([numbers]))[0]).toEqual(numbers);
    memory.free(span.address);
  });

  it("takes a single vector in either layout where it is", async () => {
    const recorder = new ProgramRecorder();
    const one = recorder.input(1, FEATURES);
    const other = recorder.value(1, FEATURES);
    recorder.add(rowsFromTiles({ vectors: 1, features: FEATURES }), [other, one]);
    recorder.output(other);
    using program = CpuProgram.record(cpu, recorder);
    expect(program.report).toMatchObject({ operations: 1, rewrites: 0 });
    const vector = numbers.subarray(0, FEATURES);
    expect(await program.run([vector])).toEqual([vector]);
  });

  it("gives back an input that no operation reads", async () => {
    const recorder = new ProgramRecorder();
    recorder.output(recorder.input(VECTORS, FEATURES));
    using program = CpuProgram.record(cpu, recorder);
    expect(await program.run([numbers])).toEqual([numbers]);
    expect(await program.timeOperations()).toEqual([]);
  });

  it("times each operation", async () => {
    using program = CpuProgram.record(cpu, thereAndBack(2));
    await program.run([numbers]);
    const seconds = await program.timeOperations();
    expect(seconds).toHaveLength(4);
    expect(seconds.every((time) => time > 0)).toBe(true);
  });

  it("frees its memory once, after the runs that have begun, and is of no use then", async () => {
    const before = memory.bytes;
    const program = CpuProgram.record(cpu, thereAndBack(2));
    const run = program.run([numbers]);
    await Promise.resolve();
    for (let time = 0; time < 2; time++) program.dispose();
    program[Symbol.dispose]();
    expect(program.bytes).toBe(0);
    expect(await run).toEqual([numbers]);
    const refused = expect.objectContaining({ code: "CPU_DISPOSED" });
    await expect(program.run([numbers])).rejects.toThrow(refused);
    await expect(program.timeOperations()).rejects.toThrow(refused);
    expect(memory.bytes).toBe(before);
  });

  it("goes on after a run that was aborted", async () => {
    using program = CpuProgram.record(cpu, thereAndBack(20));
    const controller = new AbortController();
    const run = program.run([numbers], { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    expect(await program.run([numbers])).toEqual([numbers]);
  });

  it("refuses operands that do not fit their operation", () => {
    const recorder = new ProgramRecorder();
    const value = recorder.input(VECTORS, FEATURES);
    const other = recorder.value(VECTORS, FEATURES + 1);
    expect(() => recorder.add(rowsFromTiles(size), [other, value])).toThrow("37 x 10");
    expect(() => recorder.add(rowsFromTiles(size), [value])).toThrow("2 operands");
    expect(() => recorder.output(other)).toThrow("before it is written");
    expect(() => recorder.add(rowsFromTiles(size), [value, value])).toThrow("twice");
  });
});
