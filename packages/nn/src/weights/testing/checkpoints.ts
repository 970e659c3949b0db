import fc from "fast-check";
import { StoredTensor } from "../stored-tensor.ts";

/** A safetensors file of a header as it is and so many bytes of data. */
export function fileOf(header: unknown, data: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** An index as bytes. */
export function indexOf(index: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(typeof index === "string" ? index : JSON.stringify(index));
}

const ELEMENT_BYTES = { F32: 4, F64: 8, F16: 2, BF16: 2, I64: 8, U8: 1, BOOL: 1, C64: 8 } as const;

/** Any tensor of any type, its bytes at random. */
export const anyTensor = (name: string): fc.Arbitrary<StoredTensor> =>
  fc
    .record({
      dtype: fc.constantFrom(...(Object.keys(ELEMENT_BYTES) as (keyof typeof ELEMENT_BYTES)[])),
      shape: fc.array(fc.nat(4), { maxLength: 3 }),
    })
    .chain(({ dtype, shape }) => {
      const length = shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype]);
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((bytes) => new StoredTensor({ name, dtype, shape }, length, () => bytes));
    });

/** Any state dict with a few tensors. */
export const anyStateDict: fc.Arbitrary<Map<string, StoredTensor>> = fc
  .uniqueArray(fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("a.weight", "__proto__")), {
    maxLength: 6,
  })
  .filter((names) => !names.includes("__metadata__"))
  .chain((names) => fc.tuple(...names.map(anyTensor)))
  .map((tensors) => new Map(tensors.map((tensor) => [tensor.name, tensor])));

/** What can be compared of a state dict, by name. */
export function contentsOf(state: ReadonlyMap<string, StoredTensor>): Record<string, unknown>[] {
  return [...state.values()]
    .map((tensor) => ({
      name: tensor.name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      byteLength: tensor.byteLength,
      bytes: [...tensor.bytes()],
    }))
    .toSorted((p, q) => (p.name < q.name ? -1 : 1));
}
