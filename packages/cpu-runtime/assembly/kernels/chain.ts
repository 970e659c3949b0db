import { Panel, packPanel, unpackPanel } from "../panel";
import { piecesOf, runPass, VectorView } from "../pass";
import { Call, FRAME_BYTES, Pass, Program, TILE, TILE_BYTES, tilesOf } from "../program";

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
  const direct = call.direct !== 0 && columns % TILE === 0;
  for (let operation = first; operation < end; operation++) {
    if (operation > 0 && operation <= passCount) {
      pass(program, call, operation, index, direct, columns, part, parts, buffers, scratch);
    } else if (!direct) {
      transferPanel(program, call, operation === 0, index, columns, part, parts, buffers, scratch);
    }
  }
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
  const from = changetype<VectorView>(frame);
  const to = changetype<VectorView>(frame + offsetof<VectorView>());
  from.start = bufferAfter(call, buffers, operation - 1);
  to.start = bufferAfter(call, buffers, operation);
  from.part = to.part = <usize>tilesOf(columns) * TILE_BYTES;
  from.row = to.row = from.part * <usize>program.parts;
  const start = <usize>(index * call.panel) * 4;
  if (direct && operation === 1) {
    from.start = call.x + start;
    from.row = <usize>call.batch * 4;
    from.part = call.xPart;
  }
  if (direct && operation === program.passCount) {
    to.start = call.y + start;
    to.row = <usize>call.batch * 4;
    to.part = call.yPart;
  }
  const blocksOf = changetype<Pass>(program.passes + <usize>(operation - 1) * offsetof<Pass>());
  const pieces = piecesOf(blocksOf);
  runPass(
    blocksOf,
    program.parts,
    (pieces * part) / parts,
    (pieces * (part + 1)) / parts,
    columns,
    call.chunk,
    from,
    to,
    frame + FRAME_BYTES,
    (call.frameBytes - FRAME_BYTES) / 2,
  );
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
  panel.size = call.size;
  panel.columns = columns;
  panel.feature = call.batchFirst !== 0 ? size : size * <usize>call.batch;
  panel.vector = call.batchFirst !== 0 ? size * <usize>features : size;
  const bytes = <usize>tilesOf(columns) * TILE_BYTES;
  panel.row = bytes * <usize>program.parts;
  panel.inside = bufferAfter(call, buffers, packs ? 0 : program.passCount);
  panel.outside = (packs ? call.x : call.y) + <usize>(index * call.panel) * panel.vector;
  for (let each = 0; each < program.parts; each++) {
    if (packs) packPanel(panel, first, end);
    else unpackPanel(panel, first, end);
    panel.outside += packs ? call.xPart : call.yPart;
    panel.inside += bytes;
  }
}
