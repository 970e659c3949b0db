/**
 * The multiplication by a chain of Kronecker-sparse factors, for a part of a batch: what a thread does
 * at a time. Everything lies in a memory that all threads share and TypeScript allocates.
 */
import { Panel, packPanel, unpackPanel } from "./panel";
import { Place, runPass } from "./pass";
import { Call, Pass, Program, TILE, TILE_BYTES } from "./program";

/** Bytes at the beginning of a thread's own memory that are not scratch. */
const FRAME_BYTES: usize = 64;

/**
 * Runs operations `first` to `end - 1` of a program on one panel of a batch: 0 brings the panel in, 1 and
 * so on are the passes, the last one brings it out. The first and the last do nothing for a panel that the
 * passes can read and write where it is: batch-last, in single precision, of whole tiles.
 *
 * @param part which of `parts` parts of the blocks, or of the features, of each operation
 * @param slot whose buffers hold the panel between passes
 * @param thread whose memory holds a block between stages
 */
export function run(
  program: Program,
  call: Call,
  first: i32,
  end: i32,
  index: i32,
  part: i32,
  parts: i32,
  slot: i32,
  thread: i32,
): void {
  const start = index * call.panel;
  const columns = min(call.panel, call.batch - start);
  const tiles = (columns + TILE - 1) / TILE;
  const direct = call.batchFirst === 0 && call.size === 4 && columns % TILE === 0;
  const passCount = program.passCount;
  const size = <usize>call.size;

  const frame = call.frames + <usize>thread * call.frameBytes;
  const from = changetype<Place>(frame);
  const to = changetype<Place>(frame + offsetof<Place>());
  const panel = changetype<Panel>(frame + 2 * offsetof<Place>());
  const scratch = frame + FRAME_BYTES;
  const scratchBytes = (call.frameBytes - FRAME_BYTES) / 2;

  const even = call.buffers + <usize>(2 * slot) * call.bufferBytes;
  const odd = even + call.bufferBytes;
  const bufferPart = <usize>tiles * TILE_BYTES;
  const bufferRow = <usize>program.parts * bufferPart;

  for (let operation = first; operation < end; operation++) {
    if (operation === 0 || operation > passCount) {
      if (direct) continue;
      const packs = operation === 0;
      const features = packs ? program.cols : program.rows;
      // Parts of whole fours, which are transposed together.
      const fours = (features + 3) / 4;
      const firstFeature = ((fours * part) / parts) * 4;
      const endFeature = min(features, ((fours * (part + 1)) / parts) * 4);
      panel.size = call.size;
      panel.feature = call.batchFirst !== 0 ? size : size * <usize>call.batch;
      panel.vector = call.batchFirst !== 0 ? size * <usize>features : size;
      panel.columns = columns;
      panel.row = bufferRow;
      panel.outside = (packs ? call.x : call.y) + <usize>start * panel.vector;
      panel.inside = packs || (passCount & 1) === 0 ? even : odd;
      for (let each = 0; each < program.parts; each++) {
        if (packs) packPanel(panel, firstFeature, endFeature);
        else unpackPanel(panel, firstFeature, endFeature);
        panel.outside += packs ? call.xPart : call.yPart;
        panel.inside += bufferPart;
      }
      continue;
    }
    const at = operation - 1;
    from.start = (at & 1) === 0 ? even : odd;
    to.start = (at & 1) === 0 ? odd : even;
    from.row = to.row = bufferRow;
    from.part = to.part = bufferPart;
    if (direct && at === 0) {
      from.start = call.x + <usize>start * 4;
      from.row = <usize>call.batch * 4;
      from.part = call.xPart;
    }
    if (direct && operation === passCount) {
      to.start = call.y + <usize>start * 4;
      to.row = <usize>call.batch * 4;
      to.part = call.yPart;
    }
    const pass = changetype<Pass>(program.passes + <usize>at * offsetof<Pass>());
    const blocks = pass.a * pass.d;
    const firstBlock = <i32>((<i64>blocks * part) / parts);
    const endBlock = <i32>((<i64>blocks * (part + 1)) / parts);
    runPass(pass, program.parts, firstBlock, endBlock, tiles, from, to, scratch, scratchBytes);
  }
}
