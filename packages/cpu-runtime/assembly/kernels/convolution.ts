import { BLOCK_BYTES, Block, inputsOf, setInputs, setOutputs, setView } from "../products/block";
import { GROUP, INPUTS, ProductCall } from "../products/product-call";
import { beginPass, biasOf, biasRowOf, firstStage } from "../products/run-block";
import { multiplyInputs, runStage } from "../products/run-stage";
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
  const stage = firstStage(call);
  const yTile = <usize>call.b * TILE_BYTES;
  const y = call.y + <usize>first * yTile;
  const bias = biasOf(call, 0);
  const biasRow = biasRowOf(call);
  block.width = TILE;
  block.tiles = tiles;
  block.lastRow = first + tiles === call.tiles ? (<usize>call.lastWidth) << 2 : TILE_BYTES;
  block.first = 0;
  block.end = call.b;
  // Inputs that follow one another do not collide.
  setView(inputsOf(block), inputs, TILE_BYTES, 0, 0);
  beginPass(call, block);
  setOutputs(block, y, TILE_BYTES, yTile, 0, bias, biasRow, true);
  const height = windows.channels * windows.kernelHeight;
  for (let row = 0; row < height; row += convolved.rows) {
    const end = min(row + convolved.rows, height);
    const count = (end - row) * windows.kernelWidth;
    const xTile = <usize>count * TILE_BYTES;
    for (let tile = 0; tile < tiles; tile++) {
      gatherWindows(windows, first + tile, row, end, inputs + <usize>tile * xTile, TILE, places);
    }
    setInputs(block, inputs, TILE_BYTES, xTile, 0);
    if (count === call.c) runStage(call, block, stage, 0, 0);
    else multiplyPart(call, block, stage.values, row * windows.kernelWidth, count);
  }
}

/** Inputs `l` to `l + count - 1`, in the order in which a product takes them. */
function multiplyPart(call: ProductCall, block: Block, values: usize, l: i32, count: i32): void {
  multiplyInputs(
    call,
    block,
    call.b,
    call.c,
    values,
    0,
    call.b,
    l,
    count,
    block.x,
    TILE_BYTES,
    block.y,
    TILE_BYTES,
    block.bias,
    block.biasRow,
  );
}
