import type { KernelCall, Operand } from "../kernels/kernel-call.ts";
import { operandBytes } from "../kernels/layout.ts";
import { CpuMemory } from "../memory/cpu-memory.ts";
import { PLAIN_SIMD, RELAXED_SIMD } from "../wasm/binaries.ts";
import { instantiate, type Simd } from "../wasm/kernel.ts";
import { packTiles, unpackTiles } from "./tiles.ts";

/** Both builds, each of which computes everything. */
export const BOTH_SIMDS: readonly Simd[] = ["plain", "relaxed"];

/** What an operand holds before the call: `[vectors, features]` where it is vectors, in either layout. */
export type OperandArray = Float32Array | Uint32Array | Uint16Array | Uint8Array;

export interface RunKernelOptions {
  /** `relaxed` unless given. */
  readonly simd?: Simd;
  /** Order in which the items are computed; from first to last unless given. */
  readonly order?: "backwards";
}

/** Bytes before and after each operand that the kernel must leave as they are. */
const MARGIN = 64;
const MARK = 0xa5;

/**
 * Runs one call alone, item by item on one thread.
 *
 * Vectors are given and come back as `[vectors, features]`, whatever the layout of the operand; lanes of a tile
 * without a vector are NaN. An operand that is only written may be left out: it is NaN before.
 *
 * @param operands by the name of the operand
 * @returns what each operand that the kernel writes holds after it, by name
 * @throws Error when the kernel has changed what it must not: an operand that it reads, or bytes beside one
 */
export function runKernel(
  call: KernelCall,
  operands: Readonly<Record<string, OperandArray>>,
  options: RunKernelOptions = {},
): Record<string, Float32Array> {
  const { memory, runItem } = instanceOf(options.simd ?? "relaxed");
  const allocated: number[] = [];
  const allocate = (bytes: number): number => {
    const address = memory.allocate(bytes + 2 * MARGIN, "an operand");
    memory.bytesAt(address, bytes + 2 * MARGIN).fill(MARK);
    allocated.push(address);
    return address + MARGIN;
  };
  try {
    const placed = call.operands.map((operand) => {
      const before = initialBytes(operand, operands[operand.name]);
      const address = allocate(before.byteLength);
      memory.bytesAt(address, before.byteLength).set(before);
      return { operand, before, address };
    });
    const words = call.words(placed.map(({ address }) => address));
    const callAddress = allocate(4 * words.length);
    memory.int32(callAddress, words.length).set(words);
    const scratch = allocate(call.scratchBytes);
    for (let index = 0; index < call.items; index++) {
      const item = options.order === "backwards" ? call.items - 1 - index : index;
      runItem(call.kernel, callAddress, item, scratch);
    }
    const results: Record<string, Float32Array> = {};
    const sizes = [...placed.map(({ before }) => before.byteLength), 4 * words.length];
    allocated.forEach((address, index) => {
      const name = call.operands[index]?.name ?? (index === placed.length ? "call" : "scratch");
      requireMargins(memory, address, sizes[index] ?? call.scratchBytes, name);
    });
    for (const { operand, before, address } of placed) {
      const after = memory.bytesAt(address, before.byteLength).slice();
      if (operand.access === "read") requireSame(before, after, operand.name);
      else results[operand.name] = resultOf(operand, after);
    }
    return results;
  } finally {
    for (const address of allocated) memory.free(address);
  }
}

function initialBytes(operand: Operand, given: OperandArray | undefined): Uint8Array {
  const bytes = operandBytes(operand);
  const { name, access, layout } = operand;
  if (given === undefined) {
    if (access !== "write") throw new Error(`Nothing is given for ${name}.`);
    return new Uint8Array(new Float32Array(Math.ceil(bytes / 4)).fill(Number.NaN).buffer, 0, bytes);
  }
  let array = given;
  if (layout !== "plain") {
    const { vectors, features } = operand;
    if (!(given instanceof Float32Array) || given.length !== vectors * features) {
      throw new Error(`${name} is not ${vectors} x ${features} numbers in float32.`);
    }
    if (layout === "tiles") array = packTiles(given, vectors, features);
  }
  if (array.byteLength !== bytes) {
    throw new Error(`${name} has ${array.byteLength} bytes instead of ${bytes}.`);
  }
  return new Uint8Array(array.buffer, array.byteOffset, bytes);
}

function resultOf(operand: Operand, after: Uint8Array<ArrayBuffer>): Float32Array {
  const array = new Float32Array(after.buffer);
  if (operand.layout !== "tiles") return array;
  return unpackTiles(array, operand.vectors, operand.features);
}

function requireSame(before: Uint8Array, after: Uint8Array, name: string): void {
  const at = before.findIndex((byte, index) => byte !== after[index]);
  if (at >= 0) throw new Error(`The kernel changed ${name}, which it only reads, at byte ${at}.`);
}

function requireMargins(memory: CpuMemory, address: number, bytes: number, name: string): void {
  for (const start of [address, address + MARGIN + bytes]) {
    const at = memory.bytesAt(start, MARGIN).findIndex((byte) => byte !== MARK);
    if (at < 0) continue;
    const offset = start + at - address - MARGIN;
    throw new Error(`The kernel wrote to byte ${offset} of ${name}, which has ${bytes} bytes.`);
  }
}

interface Instance {
  readonly memory: CpuMemory;
  readonly runItem: ReturnType<typeof instantiate>["runItem"];
}

const instances = new Map<Simd, Instance>();

function instanceOf(simd: Simd): Instance {
  const known = instances.get(simd);
  if (known !== undefined) return known;
  const memory = CpuMemory.create();
  if (memory === undefined) throw new Error("There is no shared memory here.");
  const binary = Buffer.from(simd === "relaxed" ? RELAXED_SIMD : PLAIN_SIMD, "base64");
  const { runItem } = instantiate(new WebAssembly.Module(binary), memory.memory);
  const instance = { memory, runItem };
  instances.set(simd, instance);
  return instance;
}
