import {
  type AnyButterfly,
  type Butterfly,
  PapilioError,
  type PermutedButterfly,
} from "@papilio/butterfly";
import {
  saveButterflies,
  type TensorToWrite,
  toBlockTwiddle,
  toMonarchPair,
  toTwiddle,
  toValuesLayout,
  type ValuesLayout,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { CONVERT_METADATA } from "../files/recognize-output.ts";
import type { Conventions, FoundButterflies, FoundWeights } from "./read-butterflies.ts";

/** How butterflies are written: as this project does, or as others read them. */
export const TARGETS = ["butterflies", "values", "monarch", "twiddle"] as const;
export type Target = (typeof TARGETS)[number];

/**
 * A safetensors file of butterflies, and of what else was beside them.
 *
 * @throws PapilioError `TENSOR_SHAPE` for a butterfly that the target has no form for; what writing throws
 */
export function writeButterflies(
  { butterflies, others }: FoundWeights,
  target: Target,
  conventions: Conventions,
): Uint8Array {
  if (target === "butterflies") {
    const named = butterflies.flatMap(({ name, stacks }) =>
      stacks.flatMap((stack, index) =>
        stack.map((matrix, block) => {
          const isOnly = stacks.length === 1 && stack.length === 1;
          return [isOnly ? name : `${name}.${index}.${block}`, matrix] as const;
        }),
      ),
    );
    return saveButterflies(Object.fromEntries(named), {
      metadata: CONVERT_METADATA,
      tensors: others,
    });
  }
  const tensors = butterflies.flatMap((found) => tensorsOf(found, target, conventions));
  return writeSafetensors([...tensors, ...others], CONVERT_METADATA);
}

function tensorsOf(
  found: FoundButterflies,
  target: Exclude<Target, "butterflies">,
  { layout, increasingStride }: Conventions,
): TensorToWrite[] {
  const { name } = found;
  if (target === "twiddle") return [twiddleOf(found, increasingStride)];
  const matrix = onlyOne(found, target);
  if (target === "values") {
    return matrix.factors.map((factor, index) => {
      const shape = [...layout].map((axis) => factor.pattern[axis as "a" | "b" | "c" | "d"]);
      const dtype = "re" in factor ? "C64" : "F32";
      return { name: `${name}.${index}`, dtype, shape, values: valuesOf(factor, layout) };
    });
  }
  if ("conjugate" in matrix) throw hasNoForm(name, target, "it is complex");
  const { first, second } = toMonarchPair(matrix as Butterfly);
  return [
    { name: `${name}.blkdiag1`, dtype: "F32", ...first },
    { name: `${name}.blkdiag2`, dtype: "F32", ...second },
  ];
}

function valuesOf(factor: AnyButterfly["factors"][number], layout: ValuesLayout) {
  if (!("re" in factor)) return toValuesLayout(factor, layout);
  return { re: toValuesLayout(factor.re, layout), im: toValuesLayout(factor.im, layout) };
}

function twiddleOf({ name, stacks }: FoundButterflies, increasingStride: boolean): TensorToWrite {
  const isPlain = stacks.every((stack) =>
    stack.every(({ left, right }) => left === undefined && right === undefined),
  );
  const plain = stacks.map((stack) => stack.map(({ matrix }) => matrix));
  const { shape, values } = isPlain
    ? toTwiddle(plain as never, increasingStride)
    : toBlockTwiddle(stacks as never, increasingStride);
  const dtype = "re" in (values as object) ? "C64" : "F32";
  return { name: `${name}.twiddle`, dtype, shape, values };
}

/** The matrix of a layer that has one, without permutations. */
function onlyOne({ name, stacks }: FoundButterflies, target: Target): AnyButterfly {
  const [one, ...more] = stacks.flat() as PermutedButterfly<AnyButterfly>[];
  if (one === undefined || more.length > 0) {
    throw hasNoForm(name, target, `it has ${more.length + 1} butterflies`);
  }
  if (one.left === undefined && one.right === undefined) return one.matrix;
  throw hasNoForm(name, target, "it has permutations");
}

function hasNoForm(name: string, target: Target, why: string): PapilioError {
  return new PapilioError(
    "TENSOR_SHAPE",
    `${name} has no form as ${target}: ${why}.`,
    "Convert it to butterflies, which take every kind.",
  );
}
