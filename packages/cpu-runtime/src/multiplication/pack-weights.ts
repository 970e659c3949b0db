import { DisposableStack } from "@papilio/butterfly";
import { requireArray, requireListOf, requireObject } from "@papilio/butterfly/errors";
import { storedPattern } from "@papilio/butterfly/matrix";
import { fewBitsOf, requireStorable } from "@papilio/butterfly/numeric";
import type { CpuEngine } from "../engine/engine.ts";
import { roundValues } from "../kernels/few-bits.ts";
import { pack } from "../kernels/pack.ts";
import {
  type PackedWeights,
  requireStage,
  requireWeights,
  SCALED,
} from "../kernels/packed-weights.ts";
import type { CpuSpan } from "../memory/cpu-span.ts";
import { OPERATION_BYTES, writeOperations } from "../threads/recorded-program.ts";

/** Bytes of values that are copied at a time, on their way to their place. */
const MOST_BYTES = 4 * 2 ** 20;
/** Of the words of a call. */
const CALL_BYTES = 128;

/**
 * Packs the values of a pass by all threads, some rows at a time: they are copied once.
 *
 * @param values of each stage, in the order in which they are applied, `[a, b, c, d]`, blocks that are shared once
 * @param span where they go: `weights.bytes`
 * @throws PapilioError `CPU_MEMORY`, `CPU_WORKER_FAILED`, `ARRAY_TYPE`, `OPTION_INVALID`; `VALUE_RANGE` for a value
 *   that half precision, or a scale of few bits, does not hold
 */
export async function packWeights(
  engine: CpuEngine,
  weights: PackedWeights,
  values: readonly Float32Array[],
  span: CpuSpan,
): Promise<void> {
  requireObject("The engine", engine, "what openCpu opens", "memory", "pool");
  requireWeights(weights);
  requireListOf("The values", values, (name, array) => requireArray(name, array, "Float32Array"));
  requireObject("Where they go", span, "a CpuSpan", "address", "bytes");
  const { memory, pool } = engine;
  await pool.runExclusive(async () => {
    using held = new DisposableStack();
    const hold = (bytes: number, what: string): number =>
      held.adopt(memory.allocate(bytes, what), (address) => memory.free(address));
    const overflow = hold(4, "a flag");
    memory.int32(overflow, 1).fill(0);
    const operations = hold(OPERATION_BYTES, "an operation");
    const call = hold(CALL_BYTES, "a call");
    const few = fewBitsOf(weights.dtype);
    for (const [stage, array] of values.entries()) {
      const { pattern, sharing } = requireStage(weights, stage);
      const { a, b, c, d, nonZeros } = storedPattern(pattern, sharing);
      const length = c * d;
      const rows = nonZeros / length;
      // Rows of fewer values than a group share their scale with others: they are rounded together.
      const isApart = few === undefined || c >= SCALED;
      const most = isApart
        ? Math.min(rows, Math.max(1, Math.floor(MOST_BYTES / 4 / length)))
        : rows;
      const scaleBytes = few === undefined ? 4 : 2 * most * Math.ceil(c / SCALED) * d;
      const scales = hold(scaleBytes, "scales of weights");
      const source = hold((few === undefined ? 4 : 1) * most * length, "values to be packed");
      for (let firstRow = 0; firstRow < rows; firstRow += most) {
        const count = Math.min(most, rows - firstRow);
        const part = array.subarray(firstRow * length, (firstRow + count) * length);
        if (few === undefined) memory.float32(source, part.length).set(part);
        else {
          const rounded = roundValues(part, isApart ? [1, count, c, d] : [a, b, c, d], few);
          memory.bytesAt(source, part.length).set(rounded.codes);
          const { buffer } = rounded.scales;
          memory.bytesAt(scales, buffer.byteLength).set(new Uint8Array(buffer));
        }
        const packing = pack({ weights, stage, firstRow, rows: count });
        const { kernel, items, scratchBytes } = packing;
        const words = packing.words([source, span.address, few === undefined ? overflow : scales]);
        memory.int32(call, words.length).set(words);
        writeOperations(memory, operations, [{ kernel, items, call }]);
        await pool.run({ operations, count: 1, threads: pool.size, scratchBytes });
      }
    }
    if (memory.int32(overflow, 1)[0] === 0) return;
    for (const array of values) requireStorable(array, "F16", "A weight in half precision");
  });
}
