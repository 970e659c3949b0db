import { ATTENTION, CHAIN, ELEMENTWISE, ROWS_FROM_TILES, TILES_FROM_ROWS } from "./kernel-ids";
import { AttentionCall, attention } from "./kernels/attention/attention";
import { ChainCall, chain } from "./kernels/chain";
import { ConvertCall, rowsFromTiles, tilesFromRows } from "./kernels/convert";
import { ElementwiseCall, elementwise } from "./kernels/elementwise";

/**
 * Computes one item of an operation.
 *
 * @param kernel one of `kernel-ids.ts`
 * @param call what the kernel's class of fields has, as TypeScript wrote it
 * @param scratch memory of the thread, of as many bytes as the kernel asked for
 */
export function runItem(kernel: i32, call: usize, item: i32, scratch: usize): void {
  switch (kernel) {
    case CHAIN:
      chain(changetype<ChainCall>(call), item, scratch);
      break;
    case TILES_FROM_ROWS:
      tilesFromRows(changetype<ConvertCall>(call), item, scratch);
      break;
    case ROWS_FROM_TILES:
      rowsFromTiles(changetype<ConvertCall>(call), item, scratch);
      break;
    case ATTENTION:
      attention(changetype<AttentionCall>(call), item, scratch);
      break;
    case ELEMENTWISE:
      elementwise(changetype<ElementwiseCall>(call), item, scratch);
      break;
    default:
      unreachable();
  }
}
