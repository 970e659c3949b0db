import { PapilioError } from "@papilio/butterfly";
import { MemoryPool } from "../memory/pool.ts";
import { readBack } from "./read-back.ts";

const COUNT = 256;

/**
 * Computes a checksum on the device and compares it with the CPU's.
 *
 * Dawn's null backend accepts every command and computes nothing: it answers zeros. It must not
 * pass for a fast adapter.
 *
 * @throws PapilioError `GPU_SELF_TEST_FAILED` when the device does not compute.
 */
export async function verifyDevice(device: GPUDevice): Promise<void> {
  using memory = new MemoryPool(device);
  const checksum = memory.acquire(
    COUNT * 4,
    GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    "checksum",
  );
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: {
      module: device.createShaderModule({
        code: `@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = id.x * 2654435761u + 1u;
}`,
      }),
    },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: checksum.buffer } }],
    }),
  );
  pass.dispatchWorkgroups(COUNT / 64);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const got = new Uint32Array(await readBack({ device, memory }, checksum, COUNT * 4));
  for (let i = 0; i < COUNT; i++) {
    const expected = (Math.imul(i, 2654435761) + 1) >>> 0;
    if (got[i] !== expected) {
      throw new PapilioError(
        "GPU_SELF_TEST_FAILED",
        `The adapter does not compute: element ${i} of a checksum is ${got[i]}, not ${expected}.`,
        "Update the graphics driver, or choose another adapter.",
      );
    }
  }
}
