import { parse } from "node:path";
import {
  type AnyButterfly,
  Butterfly,
  type Complex,
  ComplexButterfly,
  ComplexKroneckerSparse,
  PapilioError,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  fromValuesLayout,
  type SafetensorsTensor,
  toComplex,
  type ValuesLayout,
} from "@papilio/butterfly/files";
import { loadStateDict } from "@papilio/nn/node";
import {
  type ButterflyConvention,
  butterfliesFromStateDict,
  type StateDict,
  type StoredTensor,
} from "@papilio/nn/weights";
import { readInput } from "../files/input-file.ts";
import { parseNumbers } from "../files/numbers-file.ts";

/** Butterflies of a layer: of each stack those that are applied one after another, the first first. */
type Stacks = readonly (readonly PermutedButterfly<AnyButterfly>[])[];

/** The structured weight of a layer, from a file. */
export interface FoundButterflies {
  readonly name: string;
  /** How it was stored. */
  readonly convention: ButterflyConvention | "values";
  readonly stacks: Stacks;
}

/** What a file has. */
export interface FoundWeights {
  readonly butterflies: readonly FoundButterflies[];
  /** Tensors that belong to none of them, as they are stored. */
  readonly others: readonly SafetensorsTensor[];
}

/** What files do not say themselves. */
export interface Conventions {
  /** The order of the axes of values. */
  readonly layout: ValuesLayout;
  /** Of twiddles: whether pairs are next to each other in the first level. */
  readonly increasingStride: boolean;
}

/** Names that structured weights end with, but for values alone. */
const OF_LAYER = /^(?:(.*)\.)?(?:factors\.0(?:\.re)?|blkdiag1|twiddle|weight)$/;

/**
 * All butterflies of a model's file or folder, or one whose factors are npy files, the left-most first.
 *
 * @throws PapilioError `TENSOR_MISSING` where there is none; `TENSOR_SHAPE`, `CHAIN_NOT_CHAINABLE`; what reading the
 *   files throws
 */
export async function readButterflies(
  files: readonly string[],
  conventions: Conventions,
): Promise<FoundWeights> {
  const [first = ""] = files;
  const found = files.every((file) => /\.npy(\.gz)?$/i.test(file))
    ? { butterflies: [await fromNpy(files, conventions.layout)], others: [] }
    : fromState(await loadStateDict(oneFile(files)), conventions);
  if (found.butterflies.length > 0) return found;
  throw new PapilioError(
    "TENSOR_MISSING",
    `There is no butterfly in ${first}.`,
    "Give a file with NAME.factors.0, NAME.blkdiag1 and .blkdiag2, NAME.twiddle, or values of four axes.",
  );
}

function oneFile(files: readonly string[]): string {
  const [file] = files;
  if (file !== undefined && files.length === 1) return file;
  throw new PapilioError(
    "FLAG_INVALID",
    `${files.length} files are to be converted, and not all are npy files.`,
    "Give one safetensors file, or the factors of one butterfly as npy files.",
  );
}

async function fromNpy(files: readonly string[], layout: ValuesLayout): Promise<FoundButterflies> {
  const factors = [];
  for (const file of files) {
    const { shape, values } = parseNumbers(file, await readInput(file), "float32");
    factors.push(factorOf(file, shape, values, layout));
  }
  const name = parse(files[0] as string).name.replace(/[-._]?0*$/, "");
  return { name, convention: "values", stacks: stackOf(factors) };
}

function fromState(state: StateDict, { layout, increasingStride }: Conventions): FoundWeights {
  const butterflies: FoundButterflies[] = [];
  const taken = new Set<string>();
  for (const name of state.keys()) {
    const [match, prefix = ""] = OF_LAYER.exec(name) ?? [];
    if (match === undefined) continue;
    const isValues = name.endsWith("weight");
    if (isValues && (state.get(name)?.shape.length !== 4 || layout !== "abcd")) continue;
    const { convention, stacks, names } = butterfliesFromStateDict(state, prefix, {
      increasingStride,
    });
    if (!names.includes(name)) continue;
    butterflies.push({ name: prefix === "" ? "weight" : prefix, convention, stacks });
    for (const one of names) taken.add(one);
  }
  for (const [name, tensors] of chainsOfValues(state, taken)) {
    const factors = tensors.map((tensor) =>
      factorOf(tensor.name, tensor.shape, valuesOf(tensor), layout),
    );
    butterflies.push({ name, convention: "values", stacks: stackOf(factors) });
    for (const tensor of tensors) taken.add(tensor.name);
  }
  const others = [...state.values()]
    .filter(({ name }) => !taken.has(name))
    .map((tensor) => {
      const { name, dtype, shape } = tensor;
      return { name, dtype, shape, bytes: tensor.bytes() };
    });
  return { butterflies, others };
}

/** Tensors of four axes: those whose names end with numbers are factors of one chain, from 0 on. */
function chainsOfValues(
  state: StateDict,
  taken: ReadonlySet<string>,
): ReadonlyMap<string, readonly StoredTensor[]> {
  const chains = new Map<string, StoredTensor[]>();
  const free = [...state.values()].filter(
    ({ name, shape }) => shape.length === 4 && !taken.has(name),
  );
  const numberOf = ({ name }: StoredTensor): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
  for (const tensor of free.toSorted((one, other) => numberOf(one) - numberOf(other))) {
    const chain = tensor.name.replace(/[-._]?\d+$/, "") || "butterfly";
    chains.set(chain, [...(chains.get(chain) ?? []), tensor]);
  }
  return chains;
}

function valuesOf(tensor: StoredTensor): Float32Array | Complex {
  const { name, dtype, shape } = tensor;
  if (dtype !== "C64") return tensor.toReal("float32");
  return toComplex({ name, dtype, shape, bytes: tensor.bytes() }, "float32");
}

type Factor = ReturnType<typeof fromValuesLayout<Float32Array>> | ComplexKroneckerSparse;

/** A factor of values whose axes are in the order of the layout. Throws `TENSOR_SHAPE`. */
function factorOf(
  name: string,
  shape: readonly number[],
  values: Float32Array | Complex,
  layout: ValuesLayout,
): Factor {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((axis) => shape[layout.indexOf(axis)] ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  if (shape.length !== 4 || a * b * c * d === 0) {
    throw new PapilioError(
      "TENSOR_SHAPE",
      `${name} of shape ${describeValue(shape)} has not the four sizes of a pattern.`,
      "Give values of [a, b, c, d], or say the order of their axes with --layout.",
    );
  }
  const pattern = new Pattern(a, b, c, d);
  const part = (numbers: Float32Array) => fromValuesLayout(pattern, numbers, layout);
  if (!("re" in values)) return part(values);
  return new ComplexKroneckerSparse(part(values.re), part(values.im));
}

/** One butterfly of these factors, complex where one of them is. */
function stackOf(factors: readonly Factor[]): Stacks {
  const real = factors.filter((factor) => !("re" in factor));
  if (real.length === factors.length) {
    return [[new PermutedButterfly<AnyButterfly>(new Butterfly(real as never))]];
  }
  const complex = factors.map((factor) =>
    "re" in factor ? factor : ComplexKroneckerSparse.fromReal(factor),
  );
  return [[new PermutedButterfly<AnyButterfly>(new ComplexButterfly(complex))]];
}
