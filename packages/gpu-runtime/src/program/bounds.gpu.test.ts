import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Kernel } from "../device/kernel.ts";
import { readBack } from "../device/read-back.ts";
import { storage, upload } from "../device/storage.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { Lease, Span } from "../memory/lease.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { Program } from "./program.ts";

/** Elements of a part: its bytes are a multiple of what offsets are aligned to. */
const LENGTH = 64;
const SECRET = 0xdeadbeef;
/** Just outside on either side, in a neighbour, far outside, and around the ends of 32 bits. */
const OUTSIDE = [
  LENGTH,
  LENGTH + 1,
  2 * LENGTH,
  -1,
  -LENGTH,
  1e6,
  2 ** 30,
  2 ** 31 - 1,
  -(2 ** 31),
];

/** Reads `x`, or writes `y`, at the indices that `at` holds: the compiler cannot know them. */
function accessKernel(label: string, statement: string): Kernel {
  return {
    label,
    enables: [],
    bindings: [
      { name: "at", elements: "i32", access: "read" },
      { name: "x", elements: "u32", access: "read-write" },
      { name: "y", elements: "u32", access: "read-write" },
    ],
    wgsl: `@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) { ${statement} }`,
    workgroups: [OUTSIDE.length, 1, 1],
  };
}

/** The middle third of memory whose other thirds are not to be seen. */
function middle({ buffer, offset, live }: Lease): Span {
  return { buffer, offset: offset + 4 * LENGTH, size: 4 * LENGTH, live };
}

const ramp = Uint32Array.from({ length: LENGTH }, (_, index) => index + 1);

function guarded(gpu: Gpu): Lease {
  const values = new Uint32Array(3 * LENGTH).fill(SECRET);
  values.set(ramp, LENGTH);
  return upload(gpu, new Uint8Array(values.buffer), "guarded");
}

describe("a kernel that leaves its bounds", () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  async function run(kernel: Kernel, x: Span, y: Span): Promise<void> {
    using at = upload(gpu, new Uint8Array(Int32Array.from(OUTSIDE).buffer), "indices");
    using program = await Program.record(gpu, [{ kernel, buffers: [at, x, y], role: "multiply" }]);
    await Program.complete([program]);
  }

  it("reads zeros or what it is bound to, and nobody else's memory", async () => {
    using x = guarded(gpu);
    using y = storage(gpu, 4 * LENGTH, "seen");
    await run(accessKernel("reads outside", "y[id.x] = x[at[id.x]];"), middle(x), y);
    const seen = new Uint32Array(await readBack(gpu, y, 4 * OUTSIDE.length));
    const allowed = new Set([0, ...ramp]);
    expect([...seen].filter((value) => !allowed.has(value))).toEqual([]);
  });

  it("writes to nobody else's memory", async () => {
    using x = storage(gpu, 4 * LENGTH, "bystander");
    gpu.device.queue.writeBuffer(x.buffer, x.offset, ramp);
    using y = guarded(gpu);
    await run(accessKernel("writes outside", "y[at[id.x]] = x[0] + 6u;"), x, middle(y));
    const after = new Uint32Array(await readBack(gpu, y, 12 * LENGTH));
    const secrets = [...after.subarray(0, LENGTH), ...after.subarray(2 * LENGTH)];
    expect(new Set(secrets)).toEqual(new Set([SECRET]));
    expect(new Uint32Array(await readBack(gpu, x, 4 * LENGTH))).toEqual(ramp);
  });
});
