// Generated from assembly/run-states.ts by pnpm build:wasm; a test holds the two together.

/** Bytes of the state of a run. */
export const CONTROL_BYTES = 64;
/** Bytes before the scratch memory of a thread, of its share of an operation: a cache line. */
export const SHARE_BYTES = 64;
/** What `runProgram` returns: it computed as many items as it may, and there may be more. */
export const RUN_GOES_ON = 0;
/** There was no item to claim for some time. */
export const RUN_IS_IDLE = 1;
/** The run has ended. */
export const RUN_HAS_ENDED = 2;
/** The calling thread waits for a message, which this one is to send. */
export const RUN_WAKES_CALLER = 3;
