import { dispatchGrid, type Kernel, tileIndexWgsl } from "../device/kernel.ts";
import { opaque, range } from "../kernels/wgsl.ts";

const WORKGROUP = 256;
/** Vectors of 16 bytes that an invocation copies, each a workgroup's width apart. */
const COPIES = 4;

/** Buffers of the copy are a multiple of this many bytes. */
export const COPY_GRANULE: number = 16 * WORKGROUP * COPIES;

/** Copies a buffer of `bytes`, a multiple of {@link COPY_GRANULE}. Bindings: from, to. */
export function copyKernel(bytes: number): Kernel {
  const count = bytes / COPY_GRANULE;
  const grid = dispatchGrid(count);
  return {
    label: `copy of ${bytes} bytes`,
    enables: [],
    bindings: [
      { name: "x", elements: "vec4<f32>", access: "read" },
      { name: "y", elements: "vec4<f32>", access: "read-write" },
    ],
    workgroups: grid,
    wgsl: `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, count)}
  let first = tile * ${WORKGROUP * COPIES}u + lane;
${range(COPIES)
  .map((copy) => `  y[first + ${copy * WORKGROUP}u] = x[first + ${copy * WORKGROUP}u];`)
  .join("\n")}
}
`,
  };
}

/**
 * Fills a buffer of `bytes`, a multiple of {@link COPY_GRANULE}, with {@link filled}: zeros could be
 * memory that does not exist yet, or that the device keeps compressed.
 */
export function fillKernel(bytes: number): Kernel {
  const count = bytes / COPY_GRANULE;
  const grid = dispatchGrid(count);
  return {
    label: `fill of ${bytes} bytes`,
    enables: [],
    bindings: [{ name: "y", elements: "u32", access: "read-write" }],
    workgroups: grid,
    wgsl: `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${tileIndexWgsl(grid, count)}
  for (var part = 0u; part < ${4 * COPIES}u; part++) {
    let index = (tile * ${4 * COPIES}u + part) * ${WORKGROUP}u + lane;
    y[index] = ((index * 2654435761u) & 0x7fffffu) | 0x3f800000u;
  }
}
`,
  };
}

/** What {@link fillKernel} writes at an index, as the bits of a float in [1, 2). */
export function filled(index: number): number {
  return (Math.imul(index, 2654435761) & 0x7fffff) | 0x3f800000;
}

/**
 * Vectors of four accumulators for each invocation. Twelve chains of multiply-adds hide the latency
 * of one, and with two operands they fit the 16 vector registers that a CPU has for a software
 * adapter.
 */
const ACCUMULATORS = 3;
/** Multiply-adds of each accumulator in a turn of the loop: the loop itself costs little beside. */
const UNROLLED = 16;
const ARITHMETIC_WORKGROUP = 128;
const ARITHMETIC_WORKGROUPS = 1024;

/** Invocations of {@link arithmeticKernel}; each writes four numbers. */
export const ARITHMETIC_INVOCATIONS: number = ARITHMETIC_WORKGROUP * ARITHMETIC_WORKGROUPS;

/** FLOPs that {@link arithmeticKernel} does in `turns` turns: two for each multiply-add. */
export function arithmeticFlops(turns: number): number {
  return 2 * 4 * ACCUMULATORS * UNROLLED * turns * ARITHMETIC_INVOCATIONS;
}

/**
 * What every number that {@link arithmeticKernel} writes must be for the operands 1 and 1: exact,
 * as long as it is below 2^24, so that no multiply-add can have been left out.
 */
export function arithmeticResult(turns: number): number {
  return ACCUMULATORS * UNROLLED * turns + ((ACCUMULATORS - 1) * ACCUMULATORS) / 2;
}

/**
 * Multiplies and adds in registers. Bindings: operands (the multiplier, the addend, and the turns
 * of the loop, as bits), results (four numbers for each invocation). The compiler knows none of the
 * operands: it can neither shorten the loop nor drop the multiplication by one.
 */
export function arithmeticKernel(): Kernel {
  const sums = range(ACCUMULATORS).map((index) => `s${index}`);
  const turn = sums.map((sum) => `    ${sum} = fma(${sum}, m, v);`).join("\n");
  return {
    label: "multiply-adds in registers",
    enables: [],
    bindings: [
      { name: "operands", elements: "f32", access: "read" },
      { name: "y", elements: "vec4<f32>", access: "read-write" },
    ],
    workgroups: [ARITHMETIC_WORKGROUPS, 1, 1],
    wgsl: `@compute @workgroup_size(${ARITHMETIC_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let m = vec4<f32>(operands[0]);
  let v = vec4<f32>(operands[1]);
  let turns = bitcast<u32>(operands[2]);
${sums.map((sum, index) => `  var ${sum} = vec4<f32>(${index}.0);`).join("\n")}
  for (var turn = 0u; turn < turns; turn++) {
${range(UNROLLED)
  .map(() => turn)
  .join("\n")}
  }
  y[id.x] = ${sums.join(" + ")};
}
`,
  };
}

/**
 * Does nothing, though the compiler cannot know it. It is bound to memory that it could write, so
 * that the driver orders dispatches as it does those of a chain of factors.
 */
export function idleKernel(): Kernel {
  return {
    label: "nothing",
    enables: [],
    bindings: [{ name: "y", elements: "u32", access: "read-write" }],
    workgroups: [1, 1, 1],
    wgsl: `@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) {
  if (${opaque(0)} > 0u) { y[0] = 1u; }
}
`,
  };
}
