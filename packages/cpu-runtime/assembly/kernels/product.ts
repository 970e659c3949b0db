import { Block, inputsOf, outputsOf, setView } from "../products/block";
import { ProductCall } from "../products/product-call";
import { beginPass, runBlock, runBlocks } from "../products/run-block";

/** An item is blocks, or a piece of one, for some tiles. Those of the same weights follow one another. */
export function product(call: ProductCall, item: i32, scratch: usize): void {
  const slabs = (call.tiles + call.tilesOfItem - 1) / call.tilesOfItem;
  const firstTile = (item % slabs) * call.tilesOfItem;
  const rest = item / slabs;
  const row = (<usize>call.width) << 2;
  const block = changetype<Block>(scratch);
  block.width = call.width;
  block.chunk = call.chunk;
  block.tiles = min(call.tilesOfItem, call.tiles - firstTile);
  block.lastRow = firstTile + block.tiles === call.tiles ? (<usize>call.lastWidth) << 2 : row;
  const xTile = <usize>(call.a * call.c * call.d) * row;
  const yTile = <usize>(call.a * call.b * call.d) * row;
  setView(inputsOf(block), call.x + <usize>firstTile * xTile, row, xTile, 0);
  setView(outputsOf(block), call.y + <usize>firstTile * yTile, row, yTile, 0);
  block.first = 0;
  block.end = call.b;
  beginPass(call, block);
  if (call.pieces === 1) {
    const start = rest * call.blocksOfItem;
    runBlocks(call, block, start, min(start + call.blocksOfItem, call.a * call.d));
    return;
  }
  const piece = rest % call.pieces;
  block.first = piece * call.outputsOfPiece;
  if (piece + 1 < call.pieces) block.end = block.first + call.outputsOfPiece;
  const index = rest / call.pieces;
  runBlock(call, block, index / call.d, index % call.d);
}
