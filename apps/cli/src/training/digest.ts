import { createHash } from "node:crypto";

/** A digest of numbers: that of others, or of another division into arrays, is another one. */
export function digestOf(...arrays: readonly (Float32Array | Uint32Array)[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays) {
    // Where one ends and the next begins matters too.
    hash.update(`${byteLength} `);
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
