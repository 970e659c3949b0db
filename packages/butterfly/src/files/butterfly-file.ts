import {
  arrayTag,
  requireList,
  requireObject,
  requireOneOf,
  requireOptions,
} from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { storableButterfly } from "../matrix/balance.ts";
import { Butterfly } from "../matrix/butterfly.ts";
import { ComplexButterfly } from "../matrix/complex-butterfly.ts";
import { ComplexKroneckerSparse } from "../matrix/complex-kronecker-sparse.ts";
import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import {
  type AnyButterfly,
  PermutedButterfly,
  withPermutations,
} from "../matrix/permuted-butterfly.ts";
import { FEW_BITS, type FewBits, fewBitsOf } from "../numeric/code-grids.ts";
import { quantizeValues } from "../numeric/few-bits.ts";
import {
  type FloatArray,
  type FloatType,
  floatTypeOf,
  requireFloatType,
} from "../numeric/float-array.ts";
import { Chain } from "../pattern/chain.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { expandFewBits, fewBitsEntry } from "./few-bits-file.ts";
import { fileError } from "./file-error.ts";
import { parseJsonText } from "./json-text.ts";
import {
  readSafetensors,
  requireMetadata,
  type SafetensorsFile,
  type SafetensorsTensor,
  type TensorToWrite,
  toReal,
  writeSafetensors,
} from "./safetensors.ts";

/*
 * Butterflies in a safetensors file. The metadata has "papilio.format": "1" and for each butterfly, by
 * its name, "papilio.butterfly.NAME": '{"chain":"1,2,2,2;2,2,2,1","complex":false}'. The tensors are
 *
 *   NAME.factors.0           [a, b, c, d] of the left-most factor, with 1 for a or d where equal
 *                            blocks are stored once; and so on for 1, 2, ...
 *   NAME.factors.0.re, .im   its parts instead, for a complex one
 *   NAME.permutation.left    U32, an index map of the outputs, where there is one
 *   NAME.permutation.right   of the inputs
 *
 * Other tensors and metadata are left alone, so that a model's file can hold butterflies beside others.
 */

const FORMAT_KEY = "papilio.format";
const FORMAT = "1";
const PREFIX = "papilio.butterfly.";

const STORED_TYPES = ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"] as const;

export interface SaveOptions {
  /** How values are stored; as they are unless given, rounded where that is lower. */
  readonly dtype?: (typeof STORED_TYPES)[number] | FewBits;
  /** More metadata for the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** More tensors for the file: values, or bytes that are written as they are. */
  readonly tensors?: readonly (TensorToWrite | SafetensorsTensor)[];
}

/**
 * A safetensors file with butterflies by name. Equal blocks that are stored once here are stored once
 * there, and permutations beside them. Where a type is given that values of a factor do not fit in, or
 * lose digits in, the factors are balanced: scaled by powers of two, their product the same. Factors of few bits
 * are rounded one by one, by `quantizeValues`: `f8e4m3` and `f8e5m2` have scales, unlike `F8_E4M3` and `F8_E5M2`.
 *
 * @throws PapilioError `FILE_TENSOR` when names collide; `VALUE_RANGE` for a value that is too large for
 *   the type all the same; `OPTION_INVALID`
 *
 * @example
 * ```ts
 * await writeFile("fft.safetensors", saveButterflies({ fft: fourier(1024) }));
 * ```
 */
export function saveButterflies(
  butterflies: Readonly<Record<string, AnyButterfly | PermutedButterfly<AnyButterfly>>>,
  options: SaveOptions = {},
): Uint8Array<ArrayBuffer> {
  requireObject("The butterflies", butterflies, "an object of matrices by name");
  requireOptions("The options", options);
  const { dtype, metadata = {}, tensors = [] } = options;
  if (dtype !== undefined) requireOneOf("The element type", dtype, [...STORED_TYPES, ...FEW_BITS]);
  requireMetadata(metadata);
  requireList("The tensors", tensors);
  const few = fewBitsOf(dtype);
  const stored = STORED_TYPES.find((one) => one === dtype);
  const all: (TensorToWrite | SafetensorsTensor)[] = [...tensors];
  const described: Record<string, string> = { ...metadata, [FORMAT_KEY]: FORMAT };
  for (const [name, given] of Object.entries(butterflies)) {
    const { matrix: asGiven, left, right } = withPermutations(given);
    const matrix =
      stored === undefined || stored === "F64" ? asGiven : storableButterfly(asGiven, stored);
    const complex = "conjugate" in matrix;
    described[PREFIX + name] = JSON.stringify({ chain: matrix.chain.toString(), complex });
    for (const [index, factor] of matrix.factors.entries()) {
      const base = `${name}.factors.${index}`;
      const parts =
        "re" in factor
          ? [[`${base}.re`, factor.re] as const, [`${base}.im`, factor.im] as const]
          : [[base, factor] as const];
      for (const [part, factor] of parts) {
        const { values } = factor;
        const { a, b, c, d } = factor.stored;
        if (few !== undefined) {
          const entry = fewBitsEntry(part, [a, b, c, d], quantizeValues(values, [a, b, c, d], few));
          all.push(...entry.tensors);
          Object.assign(described, entry.metadata);
          continue;
        }
        const type = stored ?? (floatTypeOf(values) === "float32" ? "F32" : "F64");
        all.push({ name: part, dtype: type, shape: [a, b, c, d], values });
      }
    }
    for (const [side, map] of [
      ["left", left],
      ["right", right],
    ] as const) {
      if (map === undefined) continue;
      all.push({
        name: `${name}.permutation.${side}`,
        dtype: "U32",
        shape: [map.length],
        values: map,
      });
    }
  }
  return writeSafetensors(all, described);
}

/**
 * The butterflies of a safetensors file, by name.
 *
 * @param type of the values in memory; float32 unless given
 * @throws PapilioError `FILE_HEADER` when the metadata is damaged or of another format; `TENSOR_MISSING`,
 *   `TENSOR_SHAPE`, `TENSOR_DTYPE`, `FILE_TENSOR`; `PERMUTATION_INVALID`; what {@link readSafetensors} throws
 */
export function loadButterflies<T extends FloatType = "float32">(
  file: Uint8Array | SafetensorsFile,
  type: T = "float32" as T,
): Map<string, PermutedButterfly<AnyButterfly>> {
  requireFloatType(type);
  const opened: SafetensorsFile =
    arrayTag(file) === "Uint8Array"
      ? readSafetensors(file as Uint8Array)
      : (file as SafetensorsFile);
  requireObject("The file", opened, "bytes, or a safetensors file", "tensors", "metadata");
  requireMap("The tensors of the file", opened.tensors);
  requireMap("The metadata of the file", opened.metadata);
  const expanded = expandFewBits(opened);
  const found = new Map<string, PermutedButterfly<AnyButterfly>>();
  for (const [key, text] of opened.metadata) {
    if (!key.startsWith(PREFIX)) continue;
    const format = opened.metadata.get(FORMAT_KEY);
    if (format !== FORMAT) {
      throw fileError(
        "FILE_HEADER",
        `The butterflies are of format ${describeValue(String(format))}.`,
      );
    }
    const name = key.slice(PREFIX.length);
    const { chain, complex } = parseDescription(name, text);
    const matrix = complex
      ? new ComplexButterfly(
          chain.patterns.map((pattern, index) => {
            const part = (side: string): KroneckerSparse<FloatArray> =>
              readFactor(expanded, `${name}.factors.${index}.${side}`, pattern, type);
            return new ComplexKroneckerSparse(part("re"), part("im"));
          }),
        )
      : new Butterfly(
          chain.patterns.map((pattern, index) =>
            readFactor(expanded, `${name}.factors.${index}`, pattern, type),
          ),
        );
    const left = readPermutation(opened.tensors.get(`${name}.permutation.left`));
    const right = readPermutation(opened.tensors.get(`${name}.permutation.right`));
    found.set(name, new PermutedButterfly<AnyButterfly>(matrix, { left, right }));
  }
  return found;
}

function requireMap(name: string, value: unknown): void {
  requireObject(name, value, "a Map", "get", "entries");
}

function parseDescription(name: string, text: string): { chain: Chain; complex: boolean } {
  const refuse = (cause?: unknown): never => {
    throw fileError(
      "FILE_HEADER",
      `The description of the butterfly ${describeValue(name)}, ${describeValue(text)}, is not understood.`,
      { cause },
    );
  };
  try {
    const { chain, complex } = Object(parseJsonText(text));
    if (typeof chain !== "string" || typeof complex !== "boolean") return refuse();
    return { chain: Chain.parse(chain), complex };
  } catch (cause) {
    return refuse(cause);
  }
}

function readFactor(
  { tensors }: SafetensorsFile,
  name: string,
  pattern: Pattern,
  type: FloatType,
): KroneckerSparse<FloatArray> {
  const tensor = tensors.get(name);
  if (tensor === undefined) {
    throw fileError("TENSOR_MISSING", `The file has no tensor ${describeValue(name)}.`);
  }
  const { a, b, c, d } = pattern;
  const [p, q, r, s, ...more] = tensor.shape;
  const fits = (p === a || p === 1) && q === b && r === c && (s === d || s === 1);
  if (!fits || more.length > 0) {
    throw fileError(
      "TENSOR_SHAPE",
      `The tensor ${describeValue(name)} has the shape ${describeValue(tensor.shape)}, but the values of the pattern ${pattern} have [${[a, b, c, d]}], or 1 for the first or the last.`,
    );
  }
  const sharing = { a: p !== a, d: s !== d };
  return new KroneckerSparse<FloatArray>(pattern, toReal(tensor, type), sharing);
}

function readPermutation(tensor: SafetensorsTensor | undefined): Uint32Array | undefined {
  if (tensor === undefined) return undefined;
  if (tensor.dtype !== "U32" || tensor.shape.length !== 1) {
    throw fileError(
      "TENSOR_SHAPE",
      `The permutation ${describeValue(tensor.name)} is ${tensor.dtype} of shape ${describeValue(tensor.shape)}, not a list of U32.`,
    );
  }
  return Uint32Array.from(toReal(tensor, "float64"));
}
