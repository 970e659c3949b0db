/** A place in a kernel's source that reads or writes a storage buffer. */
export interface Site {
  /** Which of the kernel's bindings. */
  readonly binding: number;
}

/** What a traced invocation calls: one method for each kind of access, with the number of its site. */
export interface AccessRecorder {
  /** An element that is read or written. Returns it where it is an index, else 0. */
  touch(site: number, index: number): number;
  /** `lines` runs of `length` elements, `stride` apart: what a whole subgroup reads or writes at once. */
  touchMatrix(site: number, first: number, stride: number, lines: number, length: number): number;
}

/** What WGSL knows of an invocation, by the names of the builtins. */
export interface Invocation {
  readonly workgroup_id: { readonly x: number; readonly y: number; readonly z: number };
  readonly local_invocation_index: number;
  readonly subgroup_invocation_id: number;
}

/** A kernel whose addresses can be computed: by one invocation, from its place alone. */
export interface TracedKernel {
  readonly sites: readonly Site[];
  /** Invocations of a workgroup. */
  readonly workgroup: number;
  run(invocation: Invocation, recorder: AccessRecorder): void;
}
