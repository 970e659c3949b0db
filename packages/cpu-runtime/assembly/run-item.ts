import {
  APPEND,
  ATTENTION,
  ATTENTION_OF_ONE,
  CHAIN,
  ELEMENTWISE,
  JOIN_ATTENTION,
  ROTARY,
  ROWS_FROM_TILES,
  SOFTMAX,
  TILES_FROM_ROWS,
} from "./kernel-ids";
import { AppendCall, append } from "./kernels/append";
import { attention } from "./kernels/attention/attention";
import { AttentionCall } from "./kernels/attention/attention-call";
import { attentionOfOne, joinAttention } from "./kernels/attention/one-query";
import { ChainCall, chain } from "./kernels/chain";
import { ConvertCall, rowsFromTiles, tilesFromRows } from "./kernels/convert";
import { ElementwiseCall, elementwise } from "./kernels/elementwise";
import { RotaryCall, rotary } from "./kernels/rotary";
import { SoftmaxCall, softmax } from "./kernels/softmax";

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
    case SOFTMAX:
      softmax(changetype<SoftmaxCall>(call), item, scratch);
      break;
    case ROTARY:
      rotary(changetype<RotaryCall>(call), item, scratch);
      break;
    case APPEND:
      append(changetype<AppendCall>(call), item, scratch);
      break;
    case ATTENTION_OF_ONE:
      attentionOfOne(changetype<AttentionCall>(call), item, scratch);
      break;
    case JOIN_ATTENTION:
      joinAttention(changetype<AttentionCall>(call), item, scratch);
      break;
    default:
      unreachable();
  }
}
