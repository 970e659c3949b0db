import { BYTES } from "./dense-sums";

let next: usize = 0;

/** Where {@link floats} takes memory from next. */
export function startMemory(at: usize): void {
  next = at;
}

/** The address of so many zeros, which whoever called {@link startMemory} has room for. */
export function floats(count: i32): usize {
  const bytes = <usize>count * BYTES;
  const at = next;
  memory.fill(at, 0, bytes);
  next += bytes;
  return at;
}
