import { type AdapterReport, Gpu } from "@papilio/gpu-runtime";

/** The constants of WebGPU that a browser, or Dawn in Node, has as a global. */
const BUFFER_USAGE = {
  MAP_READ: 1,
  MAP_WRITE: 2,
  COPY_SRC: 4,
  COPY_DST: 8,
  INDEX: 16,
  VERTEX: 32,
  UNIFORM: 64,
  STORAGE: 128,
  INDIRECT: 256,
  QUERY_RESOLVE: 512,
};

/** A device that keeps what is written to it and computes nothing. */
export interface RecordingDevice {
  readonly gpu: Gpu;
  /** The bytes that were last written to the start of a buffer; undefined where none were. */
  written(buffer: GPUBuffer): Uint8Array | undefined;
}

/**
 * A device on which multiplications can be prepared, to see their steps: it has memory without bytes and
 * no adapter. What needs an answer of it, such as running a program, fails.
 */
export function recordingDevice(report: AdapterReport): RecordingDevice {
  if (!("GPUBufferUsage" in globalThis)) {
    Object.defineProperty(globalThis, "GPUBufferUsage", {
      value: BUFFER_USAGE,
      configurable: true,
    });
  }
  const contents = new WeakMap<object, Uint8Array>();
  const { maxBufferSize, maxStorageBufferBindingSize } = report.limits;
  const device = {
    limits: { maxBufferSize, maxStorageBufferBindingSize },
    features: new Set<string>(),
    lost: new Promise<never>(() => undefined),
    queue: {
      writeBuffer(buffer: object, offset: number, data: Uint8Array): void {
        if (offset === 0) contents.set(buffer, data);
      },
    },
    createBuffer: ({ size, usage }: GPUBufferDescriptor) => ({
      size,
      usage,
      destroy: () => undefined,
    }),
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  };
  const gpu = new Gpu(device as unknown as GPUDevice, report, { ownsDevice: false });
  return { gpu, written: (buffer) => contents.get(buffer) };
}
