import { multiplyBySlopes } from "../activation-slopes";

/** Bytes of an item: some tens of microseconds. */
const CHUNK: usize = 32768;

/** Numbers of vectors in the same layout everywhere: `dx = dy · f′(x)`. */
@unmanaged
export class ActivationGradientCall {
  x: usize;
  dy: usize;
  dx: usize;
  /** Of all vectors. */
  bytes: usize;
  activation: i32;
  parameter: f32;
}

/** An item is {@link CHUNK} bytes. */
export function activationGradient(call: ActivationGradientCall, item: i32, _scratch: usize): void {
  const start = <usize>item * CHUNK;
  multiplyBySlopes(
    call.activation,
    call.parameter,
    call.x + start,
    call.dy + start,
    call.dx + start,
    min(CHUNK, call.bytes - start),
  );
}
