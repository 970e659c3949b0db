import { crc32 } from "node:zlib";
import type { Subject } from "./subject.ts";

type Frame = NonNullable<Subject["frame"]>;

/** The header of a safetensors file, whose length stands before it. */
export const SAFETENSORS_HEADER: Frame = {
  take: (file) => file.subarray(8, 8 + safetensorsLength(file)),
  put: (header, file) => {
    const data = file.subarray(8 + safetensorsLength(file));
    const changed = new Uint8Array(8 + header.length + data.length);
    new DataView(changed.buffer).setBigUint64(0, BigInt(header.length), true);
    changed.set(header, 8);
    changed.set(data, 8 + header.length);
    return changed;
  },
};

/** The header of a npy file of version 1. */
export const NPY_HEADER: Frame = {
  take: (file) => file.subarray(10, 10 + npyLength(file)),
  put: (header, file) => {
    const cut = header.subarray(0, 65_535);
    const data = file.subarray(10 + npyLength(file));
    const changed = new Uint8Array(10 + cut.length + data.length);
    changed.set(file.subarray(0, 8));
    new DataView(changed.buffer).setUint16(8, cut.length, true);
    changed.set(cut, 10);
    changed.set(data, 10 + cut.length);
    return changed;
  },
};

/** All of a PNG image, with the sums over its chunks as they must be. */
export const PNG_CHUNKS: Frame = {
  take: (file) => file,
  put: (changed) => {
    const file = Buffer.from(changed);
    for (let at = 8; at + 12 <= file.length; ) {
      const end = at + 8 + file.readUInt32BE(at);
      if (end + 4 > file.length) break;
      file.writeUInt32BE(crc32(file.subarray(at + 4, end)), end);
      at = end + 4;
    }
    return new Uint8Array(file);
  },
};

/** The seven sizes of a llama2.c model, with as many zeros after them as they ask for. */
export const LLAMA2C_HEADER: Frame = {
  take: (file) => file.subarray(0, 28),
  put: (header, file) => {
    const sizes = [...new Int32Array(header.slice(0, Math.min(28, header.length & ~3)).buffer)];
    const bytes = sizes.length < 7 ? Number.NaN : llama2cBytes(sizes as unknown as LlamaSizes);
    if (!(bytes >= 28 && bytes < 2 ** 23)) return new Uint8Array([...header, ...file.subarray(28)]);
    const changed = new Uint8Array(bytes);
    changed.set(header.subarray(0, 28));
    return changed;
  },
};

export type LlamaSizes = readonly [
  features: number,
  hidden: number,
  layers: number,
  heads: number,
  keyValueHeads: number,
  vocabulary: number,
  positions: number,
];

/** How long a llama2.c model of these sizes is. */
export function llama2cBytes([features, hidden, layers, ...others]: LlamaSizes): number {
  const [heads, keyValueHeads, signed, positions] = others;
  const keyValues = (features / heads) * keyValueHeads;
  const layer = 2 * features + 2 * features * (features + keyValues) + 3 * features * hidden;
  const embeddings = Math.abs(signed) * features * (signed < 0 ? 2 : 1);
  return 28 + 4 * (embeddings + layers * layer + features + (positions * features) / heads);
}

function safetensorsLength(file: Uint8Array): number {
  return new DataView(file.buffer, file.byteOffset).getUint32(0, true);
}

function npyLength(file: Uint8Array): number {
  return new DataView(file.buffer, file.byteOffset).getUint16(8, true);
}
