import { activateNumbers } from "../activations";
import { IDENTITY } from "../kernel-options";
import { groupSize, multiplyGroup, outputsInSixes } from "../products/group";
import { INPUTS } from "../products/product-call";
import { TILE } from "../program";
import { interleave } from "./convert";

/** `y = activation(W x + bias)` for W of `(a, b, c, 1)` and more than twelve vectors: x in rows, y in tiles. */
@unmanaged
export class RowsProductCall {
  x: usize;
  weights: usize;
  y: usize;
  /** 0 where there is none. */
  bias: usize;
  /** One of kernel-options.ts, and its parameter. */
  activation: i32;
  parameter: f32;
  vectors: i32;
  a: i32;
  b: i32;
  c: i32;
  /** Tiles of an item. */
  tiles: i32;
  /** -0, with which sums begin where there is no bias. */
  nothing: f32;
}

/** Bytes of the vectors of a tile, for a feature. */
const ROW: usize = <usize>(TILE * 4);

/** An item is some tiles. A part of the inputs of a tile is brought to its lanes in scratch memory, and multiplied. */
export function rowsProduct(call: RowsProductCall, item: i32, scratch: usize): void {
  const first = item * call.tiles;
  const count = (call.vectors + TILE - 1) / TILE;
  const end = min(first + call.tiles, count);
  for (let tile = first; tile < end; tile++) {
    const y = call.y + <usize>tile * <usize>(call.a * call.b) * ROW;
    for (let i = 0; i < call.a; i++) multiplyBlock(call, tile, i, y, scratch);
    if (call.activation !== IDENTITY) {
      activateNumbers(call.activation, call.parameter, y, y, <usize>(call.a * call.b) * ROW);
    }
  }
}

function multiplyBlock(call: RowsProductCall, tile: i32, i: i32, y: usize, scratch: usize): void {
  const b = call.b;
  const sixes = outputsInSixes(b);
  const c = call.c;
  const output = <usize>(i * b);
  const hasBias = call.bias !== 0;
  const bias = hasBias
    ? call.bias + (output << 2)
    : changetype<usize>(call) + offsetof<RowsProductCall>("nothing");
  const biasRow: usize = hasBias ? 4 : 0;
  const values = call.weights + ((<usize>(i * b * c)) << 2);
  for (let l = 0; l < c; l += INPUTS) {
    const inputs = min(INPUTS, c - l);
    gatherInputs(call, tile, i * c + l, inputs, scratch);
    for (let j = 0; j < b; ) {
      const size = groupSize(b, sixes, j);
      multiplyGroup(
        size,
        ROW,
        inputs,
        values + ((<usize>(j * c + l * size)) << 2),
        scratch,
        ROW,
        y + (output + <usize>j) * ROW,
        ROW,
        bias + <usize>j * biasRow,
        biasRow,
        l > 0,
      );
      j += size;
    }
  }
}

/** Brings features of sixteen vectors side by side. Lanes beyond the last vector repeat it. */
function gatherInputs(
  call: RowsProductCall,
  tile: i32,
  first: i32,
  count: i32,
  scratch: usize,
): void {
  const row = (<usize>(call.a * call.c)) << 2;
  const start = call.x + ((<usize>first) << 2);
  const last = call.vectors - 1;
  for (let lane = 0; lane < TILE; lane += 4) {
    const v = tile * TILE + lane;
    interleave(
      start + <usize>min(v, last) * row,
      start + <usize>min(v + 1, last) * row,
      start + <usize>min(v + 2, last) * row,
      start + <usize>min(v + 3, last) * row,
      scratch + ((<usize>lane) << 2),
      ROW,
      count,
    );
  }
}
