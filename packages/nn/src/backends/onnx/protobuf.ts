import { requireStorable } from "@papilio/butterfly/numeric";
/*
 * Messages in the protobuf wire format, of the kinds of fields that ONNX files have. A message knows its
 * size before anything of it is written: a file is one array, allocated once.
 * Source: https://protobuf.dev/programming-guides/encoding
 */

/** Bytes that are there, or that are made when they are written. */
export interface Piece {
  readonly size: number;
  readonly bytes: () => Uint8Array;
}

/** A field of a message, with its number, or several. */
export interface Field {
  readonly size: number;
  readonly pieces: readonly Piece[];
}

const WIRE_TYPES = { varint: 0, length: 2, fixed32: 5 } as const;

/** Whole numbers, signed ones too. */
export function integer(id: number, value: number): Field {
  return fieldOf([...tag(id, "varint"), ...varint(value)]);
}

export function float(id: number, value: number): Field {
  requireStorable([value], "F32", "An attribute of the graph");
  const number = new DataView(new ArrayBuffer(4));
  number.setFloat32(0, value, true);
  return fieldOf([...tag(id, "fixed32"), ...new Uint8Array(number.buffer)]);
}

export function text(id: number, value: string): Field {
  const encoded = new TextEncoder().encode(value);
  return bytes(id, { size: encoded.length, bytes: () => encoded });
}

export function bytes(id: number, content: Piece): Field {
  return withLength(id, [content]);
}

/** A message within a message. */
export function message(id: number, fields: readonly Field[]): Field {
  return withLength(
    id,
    fields.flatMap(({ pieces }) => pieces),
  );
}

/** The whole of a message. */
export function concatenate({ size, pieces }: Field): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece.bytes(), at);
    at += piece.size;
  }
  return whole;
}

/** Fields one after the other. */
export function join(fields: readonly Field[]): Field {
  return joined(fields.flatMap(({ pieces }) => pieces));
}

function withLength(id: number, pieces: readonly Piece[]): Field {
  const { size } = joined(pieces);
  const header = fieldOf([...tag(id, "length"), ...varint(size)]);
  return joined([...header.pieces, ...pieces]);
}

function fieldOf(numbers: readonly number[]): Field {
  return joined([{ size: numbers.length, bytes: () => Uint8Array.from(numbers) }]);
}

function joined(pieces: readonly Piece[]): Field {
  return { size: pieces.reduce((sum, piece) => sum + piece.size, 0), pieces };
}

function tag(id: number, type: keyof typeof WIRE_TYPES): number[] {
  return varint(id * 8 + WIRE_TYPES[type]);
}

/** Seven bits a byte, the lowest first; negative numbers as 64 bits of two's complement. */
function varint(value: number): number[] {
  const encoded: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) encoded.push(Number(rest & 127n) + 128);
  encoded.push(Number(rest));
  return encoded;
}
