/** The error codes that @papilio/gpu-runtime adds: when each is thrown, and what to do. */
export interface GpuRuntimeErrorCodes {
  // The device

  /**
   * No adapter fits what was asked for; the message has all that were tried. Run `papilio doctor`, or ask for
   * `auto`.
   */
  ADAPTER_NOT_FOUND: true;
  /** The optional package `webgpu` is not there for this platform. Install it, or multiply on the CPU. */
  DAWN_MISSING: true;
  /**
   * The embedded driver cannot be unpacked or loaded. Install a Vulkan driver, or set `XDG_CACHE_HOME` or
   * `TMPDIR` to a folder of yours with 10 MB of room.
   */
  SWIFTSHADER_UNAVAILABLE: true;
  /** This browser has no WebGPU, or no adapter. Use a secure page and a current driver. */
  GPU_UNAVAILABLE: true;
  /** The adapter does not compute a checksum correctly. Update the driver, or choose another adapter. */
  GPU_SELF_TEST_FAILED: true;
  /**
   * The device was lost, and all that is on it. Open another one, and recreate matrices, tensors and
   * programs.
   */
  GPU_LOST: true;
  /** A `Gpu` is used after it was disposed of. Dispose of it after its last use. */
  GPU_DISPOSED: true;
  /** The device had no memory for a buffer. Dispose of it and of others, and set a budget. */
  GPU_OUT_OF_MEMORY: true;
  /** The driver reported an error that no call returned. Compute again, and please report it. */
  GPU_ERROR: true;
  /** The adapter has no half precision. Use `f32`, or another adapter. */
  F16_UNAVAILABLE: true;
  /**
   * A kernel is asked for on matrix units that the device does not have, or was not opened with. Choose
   * another variant, as `kroneckerSparseVariants` does.
   */
  MATRIX_UNITS_UNAVAILABLE: true;
  /** The adapter has no timestamp queries. Use the wall clock around `Program.complete`. */
  TIMESTAMPS_UNAVAILABLE: true;

  // Memory and tensors

  /** An allocation would exceed the budget. Dispose of tensors, use a smaller batch, or raise the budget. */
  MEMORY_BUDGET: true;
  /** Memory is asked of a device that was disposed of. Open another one. */
  MEMORY_DISPOSED: true;
  /** A budget or another bound of the memory is not a positive number. Give one. */
  MEMORY_OPTION_INVALID: true;
  /** A program or tensor is used whose memory was released. Dispose of tensors after the last run. */
  MEMORY_RELEASED: true;
  /** The adapter cannot bind a buffer of this size. Use a smaller batch or pattern, `f16`, or the CPU. */
  BUFFER_TOO_LARGE: true;
  /** A tensor is given more or fewer values than it has elements. Give one for each. */
  TENSOR_LENGTH: true;
  /**
   * A tensor does not have the shape, layout or precision that was prepared for. Prepare for its shape, or
   * convert it.
   */
  TENSOR_MISMATCH: true;
  /** A tensor is used after it was disposed of. Dispose of it after its last use. */
  TENSOR_DISPOSED: true;

  // Kernels and multiplication

  /** A bias does not have one value for each output. Give as many values as the matrix has rows. */
  BIAS_LENGTH: true;
  /**
   * A kernel was refused by the compiler; the message has the lines. Please report it with the adapter's
   * name.
   */
  KERNEL_COMPILE: true;
  /**
   * A kernel is asked for a problem that does not exist, such as 12 heads that share 5. Correct the figure in
   * the message.
   */
  KERNEL_PROBLEM: true;
  /** A prepared multiplication is used after it was disposed of. Dispose of it after its last use. */
  MULTIPLICATION_DISPOSED: true;
  /** A store of packed weights is used after it was disposed of. Dispose of it after its last use. */
  WEIGHTS_DISPOSED: true;
  /** There is no program to run. Pass one or more. */
  PROGRAMS_EMPTY: true;
  /** A range of factors does not fit into one kernel. Fuse fewer factors, as `planChain` does. */
  RANGE_NOT_FUSED: true;

  // Tuning

  /** There is no candidate to tune, or two have the same name. Name each differently. */
  TUNING_CANDIDATES: true;
  /** The time limit of tuning is not a number of seconds. Give one from 0 on. */
  TUNING_TIME_LIMIT: true;
  /** No candidate computes correctly. Check the adapter with `papilio doctor`. */
  TUNING_FAILED: true;
  /** The directory of the tuning cache cannot be written. Choose another one, or tune without. */
  TUNING_CACHE_WRITE: true;

  // Files that are written

  /** A file cannot be written at its path. Give a path in a folder that exists, at which you may write. */
  OUTPUT_UNWRITABLE: true;
  /** Another program put a file at the path meanwhile. Look at both, and run again with another path. */
  OUTPUT_CHANGED: true;
  /** Writing a file failed. Check the path, its permissions, and what the system says. */
  OUTPUT_FAILED: true;
  /**
   * The disk is full; what stood at the path is as it was. Free some space, or give a path on another disk.
   */
  DISK_FULL: true;
}

declare module "@papilio/butterfly" {
  interface ErrorCodes extends GpuRuntimeErrorCodes {}
}
