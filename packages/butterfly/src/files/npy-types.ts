import { requireText } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { fileError } from "./file-error.ts";

/** The type of the elements of a npy file. */
export interface NpyType {
  /** Of an element, or of its parts where it is complex: a name of the safetensors format. */
  readonly dtype: string;
  readonly complex: boolean;
  /** Of an element, both parts included. */
  readonly bytes: number;
  readonly littleEndian: boolean;
}

/** Kinds and sizes, as in `<f4`, and what they are here. */
const BY_SIZE: Readonly<Record<string, string>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
  c8: "F32",
  c16: "F64",
};

/** What NumPy calls them besides: its names, and characters of C. A long has eight bytes, as on Linux. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...{ float16: "f2", half: "f2", e: "f2" },
  ...{ float32: "f4", single: "f4", f: "f4" },
  ...{ float64: "f8", double: "f8", float: "f8", d: "f8" },
  ...{ int8: "i1", byte: "i1", b: "i1" },
  ...{ int16: "i2", short: "i2", h: "i2" },
  ...{ int32: "i4", intc: "i4", i: "i4" },
  ...{
    int64: "i8",
    int: "i8",
    int_: "i8",
    long: "i8",
    longlong: "i8",
    intp: "i8",
    l: "i8",
    q: "i8",
    p: "i8",
  },
  ...{ uint8: "u1", ubyte: "u1", B: "u1" },
  ...{ uint16: "u2", ushort: "u2", H: "u2" },
  ...{ uint32: "u4", uintc: "u4", I: "u4" },
  ...{
    uint64: "u8",
    uint: "u8",
    ulong: "u8",
    ulonglong: "u8",
    uintp: "u8",
    L: "u8",
    Q: "u8",
    P: "u8",
  },
  ...{ bool: "b1", bool_: "b1", "?": "b1" },
  ...{ complex64: "c8", csingle: "c8", F: "c8" },
  ...{ complex128: "c16", cdouble: "c16", complex: "c16", D: "c16" },
};

/**
 * The type that a npy file spells as NumPy takes it: `<f4`, `=f4`, `|b1`, `f4`, `float32`, `?`.
 *
 * @throws PapilioError `TENSOR_DTYPE` for what is not a real or complex number, integer or truth value;
 *   `OPTION_INVALID`
 */
export function npyType(descr: string): NpyType {
  requireText("The type of the array", descr);
  const [, order = "", spelling = ""] = /^([<>=|]?)(.*)$/s.exec(descr) ?? [];
  const short = Object.hasOwn(SPELLINGS, spelling) ? (SPELLINGS[spelling] as string) : spelling;
  const dtype = Object.hasOwn(BY_SIZE, short) ? BY_SIZE[short] : undefined;
  if (dtype === undefined) {
    throw fileError("TENSOR_DTYPE", `Elements of type ${describeValue(descr)} are not read here.`);
  }
  const complex = short.startsWith("c");
  return { dtype, complex, bytes: Number(short.slice(1)), littleEndian: order !== ">" };
}
