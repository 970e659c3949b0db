/**
 * Threads of Node and of browsers, and slices of long work: for packages that compute.
 *
 * @module
 */

export {
  availableThreads,
  openThread,
  type Thread,
  type ThreadEvents,
  type ThreadProgram,
} from "./thread.ts";
export { TimeSlicer } from "./time-slicer.ts";
