import { invalid } from "../protocol/request-error.ts";
import type { InferInput } from "./schema.ts";

type Datatype = InferInput["datatype"];

const BYTES: Readonly<Record<Datatype, number>> = {
  FP32: 4,
  FP64: 8,
  INT32: 4,
  UINT32: 4,
  INT64: 8,
  UINT64: 8,
};

const READERS: Readonly<Record<Datatype, (view: DataView, at: number) => number>> = {
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  UINT32: (view, at) => view.getUint32(at, true),
  INT64: (view, at) => Number(view.getBigInt64(at, true)),
  UINT64: (view, at) => Number(view.getBigUint64(at, true)),
};

/**
 * The numbers of an input, from its JSON, flat or nested as its shape, or from its bytes.
 *
 * @param bytes what belongs to it after the JSON; undefined where it has none
 * @throws PapilioError `REQUEST_INVALID`
 */
export function numbersOf(
  { name, datatype, shape, data }: InferInput,
  bytes: Uint8Array | undefined,
): Float64Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes !== undefined) {
    if (data !== undefined) throw invalid(`${name} has both data and bytes.`, name);
    if (bytes.length !== count * BYTES[datatype]) {
      throw invalid(
        `${name} has ${bytes.length} bytes, but [${shape}] of ${datatype} are ${count * BYTES[datatype]}.`,
        name,
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const read = READERS[datatype];
    return Float64Array.from({ length: count }, (_, index) => read(view, index * BYTES[datatype]));
  }
  const flat = (data ?? []).flat(Number.POSITIVE_INFINITY as 1);
  const wrong = flat.find((value) => typeof value !== "number");
  if (flat.length !== count || wrong !== undefined) {
    throw invalid(
      wrong === undefined
        ? `${name} has ${flat.length} numbers, but [${shape}] are ${count}.`
        : `${name} has ${typeof wrong} among its numbers.`,
      name,
    );
  }
  return Float64Array.from(flat as number[]);
}
