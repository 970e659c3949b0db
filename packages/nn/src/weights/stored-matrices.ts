import { Butterfly, Chain, KroneckerSparse, PapilioError, Pattern } from "@papilio/butterfly";
import type { Sizes } from "@papilio/butterfly/numeric";
import { map } from "../arguments/checks.ts";
import type { LoadedStateDict, StateDict, StoredTensor } from "./stored-tensor.ts";

/** A matrix that products multiply by, or a table of tokens: a tensor, or the factors of a butterfly. */
export interface StoredMatrix {
  /** Of the tensor; of a butterfly, what stands before its factors. */
  readonly name: string;
  readonly tensors: readonly StoredTensor[];
  /** Numbers of its tensors. */
  readonly weights: number;
  /** Whether the one tensor is `[inputs, outputs]`. */
  readonly transposed: boolean;
  /** Made of its tensors when it is asked for. @throws PapilioError what `StoredTensor#toReal` throws */
  matrix(): Butterfly<Float64Array>;
}

/** Types of floating-point numbers of 16 bits and more, as the safetensors format names them. */
export const FLOAT_DTYPES: readonly string[] = ["F64", "F32", "F16", "BF16"];
/** Tables that no product reads. */
const TABLES = /(^|\.)(wpe|[\w]*position[\w]*|token_type[\w]*)\./;
/** Layers of GPT-2, whose weights are `[inputs, outputs]`. */
const TRANSPOSED = /\.c_(attn|proj|fc)\.weight$/;
const FACTOR = /^(.*?)\.?factors\.(\d+)(\.re|\.im)?$/;

/**
 * The matrices of a state dict, of types of {@link FLOAT_DTYPES}, in the order of its tensors: weights of dense layers, tables
 * of tokens, and the factors of butterflies. A product of factors is one matrix by its description in the metadata, as
 * `saveButterflies` writes it, or else by the shapes; factors that do not follow one another are matrices of their own.
 * Convolutions, biases and tables of positions are none.
 *
 * @throws PapilioError `OPTION_INVALID`
 *
 * @example
 * ```ts
 * for (const { name, weights } of storedMatrices(await loadStateDict("model"))) console.log(name, weights);
 * ```
 */
export function storedMatrices(state: StateDict | LoadedStateDict): StoredMatrix[] {
  map("The weights", state);
  const metadata = "metadata" in state ? state.metadata : undefined;
  const matrices: StoredMatrix[] = [];
  const chains = new Map<string, StoredTensor[]>();
  for (const tensor of state.values()) {
    const { name, dtype, shape } = tensor;
    if (!FLOAT_DTYPES.includes(dtype) || shape.includes(0) || TABLES.test(name)) continue;
    const [, prefix, index, part] = FACTOR.exec(name) ?? [];
    if (shape.length === 4 && prefix !== undefined) {
      if (part !== undefined) matrices.push(factorAlone(tensor));
      else {
        const factors = chains.get(prefix) ?? [];
        factors[Number(index)] = tensor;
        chains.set(prefix, factors);
      }
    } else if (shape.length === 2 && /(^|\.)weight$/.test(name)) matrices.push(denseMatrix(tensor));
  }
  for (const [prefix, found] of chains) {
    const tensors = found.filter((tensor) => tensor !== undefined);
    const patterns = patternsOf(metadata?.get(`papilio.butterfly.${prefix}`), tensors);
    if (patterns === undefined || tensors.length !== found.length) {
      matrices.push(...tensors.map(factorAlone));
      continue;
    }
    matrices.push({
      name: prefix === "" ? "factors" : prefix,
      ...{ tensors, transposed: false },
      weights: tensors.reduce((sum, tensor) => sum + weightsOf(tensor), 0),
      matrix: () => {
        const factors = tensors.map((tensor, at) => {
          const pattern = patterns[at] as Pattern;
          const [a, , , d] = sizesOf(tensor);
          const sharing = { a: a !== pattern.a, d: d !== pattern.d };
          return new KroneckerSparse(pattern, tensor.toReal("float64"), sharing);
        });
        return new Butterfly(factors);
      },
    });
  }
  const places = new Map([...state.keys()].map((name, at) => [name, at] as const));
  const placeOf = ({ tensors: [first] }: StoredMatrix): number =>
    places.get(first?.name ?? "") ?? 0;
  return matrices.toSorted((one, other) => placeOf(one) - placeOf(other));
}

function denseMatrix(tensor: StoredTensor): StoredMatrix {
  const { name } = tensor;
  const [rows, cols] = tensor.shape as [number, number];
  const transposed = TRANSPOSED.test(name);
  return {
    ...{ name, tensors: [tensor], weights: rows * cols, transposed },
    matrix: () => {
      const values = tensor.toReal("float64");
      return new Butterfly([
        transposed
          ? new KroneckerSparse(new Pattern(1, rows, cols, 1), values).transpose()
          : new KroneckerSparse(new Pattern(1, rows, cols, 1), values),
      ]);
    },
  };
}

function factorAlone(tensor: StoredTensor): StoredMatrix {
  return {
    ...{ name: tensor.name, tensors: [tensor], weights: weightsOf(tensor), transposed: false },
    matrix: () => {
      const pattern = new Pattern(...sizesOf(tensor));
      return new Butterfly([new KroneckerSparse(pattern, tensor.toReal("float64"))]);
    },
  };
}

/** Of the factors of a chain, by its description or their shapes; undefined where they are no product. */
function patternsOf(
  description: string | undefined,
  tensors: readonly StoredTensor[],
): readonly Pattern[] | undefined {
  try {
    const patterns =
      description === undefined
        ? tensors.map((tensor) => new Pattern(...sizesOf(tensor)))
        : Chain.parse(Object(JSON.parse(description)).chain).patterns;
    Chain.of(patterns);
    const fit = tensors.every((tensor, at) => {
      const [a, b, c, d] = sizesOf(tensor);
      const pattern = patterns[at];
      return (
        (a === pattern?.a || a === 1) &&
        b === pattern?.b &&
        c === pattern.c &&
        (d === pattern.d || d === 1)
      );
    });
    return fit && patterns.length === tensors.length ? patterns : undefined;
  } catch (error) {
    if (error instanceof PapilioError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function weightsOf({ shape }: StoredTensor): number {
  return shape.reduce((product, size) => product * size, 1);
}

function sizesOf({ shape }: StoredTensor): Sizes {
  return shape as unknown as Sizes;
}
