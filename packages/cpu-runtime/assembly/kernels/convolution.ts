import { BLOCK_BYTES, Block } from "../products/block";
import { GROUP, INPUTS, ProductCall } from "../products/product-call";
import { biasOf, biasRowOf, firstStage } from "../products/run-block";
import { multiplyInputs } from "../products/run-stage";
import { TILE, TILE_BYTES } from "../program";
import { WINDOWS_BYTES, Windows } from "../windows";
import { gatherWindows } from "./unfold";

/** A product with the windows of images, which are read where the images are. `Windows` and a `ProductCall` follow. */
@unmanaged
export class ConvolutionCall {
  /** Tiles of an item. */
  tiles: i32;
  /** Rows of a window that are multiplied at a time. */
  rows: i32;
}

/** An item is some tiles: rows of their windows are brought to scratch memory, and multiplied. */
export function convolution(convolved: ConvolutionCall, item: i32, scratch: usize): void {
  const windows = changetype<Windows>(changetype<usize>(convolved) + offsetof<ConvolutionCall>());
  const call = changetype<ProductCall>(changetype<usize>(windows) + offsetof<Windows>());
  const block = changetype<Block>(scratch);
  const widened = call.bits < 32 ? <usize>(INPUTS * GROUP * 4) : 0;
  const places = scratch + BLOCK_BYTES + widened;
  const inputs = places + WINDOWS_BYTES;
  const first = item * convolved.tiles;
  const tiles = min(convolved.tiles, call.tiles - first);
  const values = firstStage(call).values;
  const b = call.b;
  const yTile = <usize>b * TILE_BYTES;
  const y = call.y + <usize>first * yTile;
  const bias = biasOf(call, 0);
  const biasRow = biasRowOf(call);
  block.width = TILE;
  block.tiles = tiles;
  block.lastRow = first + tiles === call.tiles ? (<usize>call.lastWidth) << 2 : TILE_BYTES;
  block.yTile = yTile;
  block.finishes = true;
  const height = windows.channels * windows.kernelHeight;
  for (let row = 0; row < height; row += convolved.rows) {
    const end = min(row + convolved.rows, height);
    const l = row * windows.kernelWidth;
    const count = (end - row) * windows.kernelWidth;
    block.xTile = <usize>count * TILE_BYTES;
    for (let tile = 0; tile < tiles; tile++) {
      const to = inputs + <usize>tile * block.xTile;
      gatherWindows(windows, first + tile, row, end, to, TILE, places);
    }
    multiplyInputs(
      call,
      block,
      b,
      call.c,
      values,
      0,
      b,
      l,
      count,
      inputs,
      TILE_BYTES,
      y,
      TILE_BYTES,
      bias,
      biasRow,
    );
  }
}
