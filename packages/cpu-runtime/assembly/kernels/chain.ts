import { transferDoubles } from "../double-panel";
import { Panel, packPanel, unpackPanel } from "../panel";
import { Block, inputsOf, outputsOf, setView, TiledView } from "../products/block";
import { DoublePass, runDoublePass } from "../products/double-pass";
import { outputGroups } from "../products/group";
import { GROUP, ProductCall } from "../products/product-call";
import { beginPass, runBlock, runBlocks } from "../products/run-block";
import { Call, Program } from "../program";

/**
 * The multiplication by a chain of Kronecker-sparse factors: operations `first` to `end - 1` on every panel of a
 * batch. 0 packs the panel, 1 and so on are the passes, the last one unpacks it. The first and the last do
 * nothing for a panel that is read and written in place.
 */
@unmanaged
export class ChainCall {
  program: usize;
  call: usize;
  first: i32;
  end: i32;
  /** Into how many parts the pieces of a pass, or the features, are divided. */
  parts: i32;
  /** Whether each panel has buffers of its own, rather than each thread. */
  slotOfPanel: i32;
}

/**
 * An item is a part of a panel; the parts of one follow one another.
 *
 * @param scratch a frame, which holds a block between stages; then the buffers of a thread
 */
export function chain(fields: ChainCall, item: i32, scratch: usize): void {
  const program = changetype<Program>(fields.program);
  const call = changetype<Call>(fields.call);
  const parts = fields.parts;
  const part = item % parts;
  const index = item / parts;
  const buffers =
    fields.slotOfPanel !== 0
      ? call.buffers + <usize>(2 * index) * call.bufferBytes
      : scratch + call.frameBytes;
  const first = fields.first;
  const end = fields.end;
  const passCount = program.passCount;
  const columns = min(call.panel, call.batch - index * call.panel);
  const direct = call.direct !== 0 && columns % call.width === 0;
  for (let operation = first; operation < end; operation++) {
    if (operation > 0 && operation <= passCount) {
      pass(program, call, operation, index, direct, columns, part, parts, buffers, scratch);
    } else if (!direct) {
      transferPanel(program, call, operation === 0, index, columns, part, parts, buffers, scratch);
    }
  }
}

/** Bytes of the vectors of a feature of a panel: in float64 of pairs. */
function rowBytes(call: Call, columns: i32): usize {
  if (call.size === 8) return (<usize>((columns + 1) & ~1)) << 3;
  return (<usize>(((columns + call.width - 1) / call.width) * call.width)) << 2;
}

/** The call of the pass that an operation is. */
function passOf(program: Program, operation: i32): usize {
  const passes = changetype<usize>(program) + offsetof<Program>();
  return load<usize>(passes + ((<usize>(operation - 1)) << 2));
}

/** One pass over a panel. */
function pass(
  program: Program,
  call: Call,
  operation: i32,
  index: i32,
  direct: bool,
  columns: i32,
  part: i32,
  parts: i32,
  buffers: usize,
  frame: usize,
): void {
  const bytes = rowBytes(call, columns);
  if (call.size === 8) {
    const x = bufferAfter(call, buffers, operation - 1);
    const y = bufferAfter(call, buffers, operation);
    const doubles = changetype<DoublePass>(passOf(program, operation));
    runDoublePass(doubles, program.parts, x, y, bytes, part, parts, frame);
    return;
  }
  const block = changetype<Block>(frame);
  const row = (<usize>call.width) << 2;
  block.width = call.width;
  block.chunk = call.chunk;
  block.tiles = <i32>(bytes / row);
  const rest = columns % call.width;
  block.lastRow = rest === 0 ? row : rest <= 2 ? 8 : (<usize>((rest + 3) & ~3)) << 2;
  const last = operation === program.passCount;
  const first = <usize>(index * call.panel);
  const from = inputsOf(block);
  const to = outputsOf(block);
  if (direct && operation === 1) inPlace(from, call.x, call, first, program.cols, call.xPart);
  else setView(from, bufferAfter(call, buffers, operation - 1), bytes * program.parts, row, bytes);
  if (direct && last) inPlace(to, call.y, call, first, program.rows, call.yPart);
  else setView(to, bufferAfter(call, buffers, operation), bytes * program.parts, row, bytes);
  const product = changetype<ProductCall>(passOf(program, operation));
  runPieces(product, block, part, parts);
}

/** Vectors from `first` on: one of them, where features lie side by side. */
function inPlace(
  view: TiledView,
  start: usize,
  call: Call,
  first: usize,
  features: i32,
  part: usize,
): void {
  if (call.batchFirst !== 0) {
    setView(view, start + ((first * <usize>features) << 2), 4, 4, part);
    return;
  }
  setView(view, start + (first << 2), (<usize>call.batch) << 2, (<usize>call.width) << 2, part);
}

/** One of so many parts of a pass: blocks, which are divided by groups of outputs where they are one stage. */
function runPieces(product: ProductCall, block: Block, part: i32, parts: i32): void {
  beginPass(product, block);
  const groups = product.stageCount === 1 ? outputGroups(product.b) : 1;
  const pieces = <i64>product.a * product.d * groups;
  const end = (pieces * (part + 1)) / parts;
  let piece = (pieces * part) / parts;
  block.first = 0;
  block.end = product.b;
  if (groups === 1) {
    runBlocks(product, block, <i32>piece, <i32>end);
    return;
  }
  while (piece < end) {
    const group = <i32>(piece % groups);
    const endGroup = <i32>min(<i64>groups, group + (end - piece));
    block.first = group * GROUP;
    block.end = endGroup === groups ? product.b : endGroup * GROUP;
    const index = <i32>(piece / groups);
    runBlock(product, block, index / product.d, index % product.d);
    piece += endGroup - group;
  }
}

/** Where a panel lies after so many passes. */
function bufferAfter(call: Call, buffers: usize, passes: i32): usize {
  return buffers + <usize>(passes & 1) * call.bufferBytes;
}

/** Packs or unpacks a panel. */
function transferPanel(
  program: Program,
  call: Call,
  packs: bool,
  index: i32,
  columns: i32,
  part: i32,
  parts: i32,
  buffers: usize,
  frame: usize,
): void {
  const features = packs ? program.cols : program.rows;
  // Parts of whole fours, which are transposed together.
  const fours = (features + 3) / 4;
  const first = <i32>((<i64>fours * part) / parts) * 4;
  const end = min(features, <i32>((<i64>fours * (part + 1)) / parts) * 4);
  const size = <usize>call.size;
  const panel = changetype<Panel>(frame);
  const bytes = rowBytes(call, columns);
  panel.size = call.size;
  panel.columns = columns;
  panel.padded = <i32>(bytes >> 2);
  panel.feature = call.batchFirst !== 0 ? size : size * <usize>call.batch;
  panel.vector = call.batchFirst !== 0 ? size * <usize>features : size;
  panel.row = bytes * <usize>program.parts;
  panel.inside = bufferAfter(call, buffers, packs ? 0 : program.passCount);
  panel.outside = (packs ? call.x : call.y) + <usize>(index * call.panel) * panel.vector;
  for (let each = 0; each < program.parts; each++) {
    if (size === 8) transferDoubles(panel, packs, first, end);
    else if (packs) packPanel(panel, first, end);
    else unpackPanel(panel, first, end);
    panel.outside += packs ? call.xPart : call.yPart;
    panel.inside += bytes;
  }
}
