import { requireArray, requireOneOf, requireWhole } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";
import { CODE_GRIDS, FEW_BITS, type FewBits } from "./code-grids.ts";

/** Codes of `bits` bits each, the first in the lowest bits of the first byte. @throws PapilioError `OPTION_INVALID` */
export function packCodes(codes: Uint8Array, dtype: FewBits): Uint8Array<ArrayBuffer> {
  requireArray("The codes", codes, "Uint8Array");
  requireOneOf("The element type", dtype, FEW_BITS);
  const { bits } = CODE_GRIDS[dtype];
  const bytes = new Uint8Array(Math.ceil((bits * codes.length) / 8));
  for (let index = 0; index < codes.length; index++) {
    const bit = index * bits;
    const word = (codes[index] as number) << (bit % 8);
    const byte = (bit - (bit % 8)) / 8;
    bytes[byte] = (bytes[byte] as number) | word;
    if (word > 0xff) bytes[byte + 1] = word >> 8;
  }
  return bytes;
}

/** What {@link packCodes} packed, so many of them. @throws PapilioError `VALUES_LENGTH`, `OPTION_INVALID` */
export function unpackCodes(
  bytes: Uint8Array,
  dtype: FewBits,
  count: number,
): Uint8Array<ArrayBuffer> {
  requireArray("The bytes", bytes, "Uint8Array");
  requireOneOf("The element type", dtype, FEW_BITS);
  requireWhole("The number of codes", count, 0);
  const { bits } = CODE_GRIDS[dtype];
  if (bytes.length !== Math.ceil((bits * count) / 8)) {
    throw new PapilioError(
      "VALUES_LENGTH",
      `${count} codes of ${bits} bits take ${Math.ceil((bits * count) / 8)} bytes, but ${bytes.length} are given.`,
      "Pass the bytes that the codes were packed into.",
    );
  }
  const codes = new Uint8Array(count);
  const mask = 2 ** bits - 1;
  for (let index = 0; index < count; index++) {
    const bit = index * bits;
    const byte = (bit - (bit % 8)) / 8;
    const word = (bytes[byte] as number) | ((bytes[byte + 1] ?? 0) << 8);
    codes[index] = (word >> (bit % 8)) & mask;
  }
  return codes;
}
