import { requireStorable } from "@papilio/butterfly/numeric";
import type { Signature, TensorSpec } from "../engines/signature.ts";
import { lengthOf, type Row } from "../engines/tensor-engine.ts";
import { invalid } from "../protocol/request-error.ts";

/** An input of a request, as numbers. */
export interface GivenTensor {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * The rows of a request, each with its numbers, checked before any is computed: one that is wrong must not
 * spoil those of other requests.
 *
 * @throws PapilioError `REQUEST_INVALID`, `VALUE_RANGE`
 */
export function bindRows(
  signature: Signature,
  given: ReadonlyMap<string, GivenTensor>,
): readonly Row[] {
  const unknown = [...given.keys()].find(
    (name) => !signature.inputs.some((input) => input.name === name),
  );
  if (unknown !== undefined) {
    const names = signature.inputs.map(({ name }) => name).join(", ");
    throw invalid(`There is no input ${unknown.slice(0, 100)}: there are ${names}.`, "inputs");
  }
  const sizes = new Map<string, number>();
  for (const spec of signature.inputs) {
    const tensor = given.get(spec.name);
    if (tensor !== undefined) requireShape(spec, tensor.shape, sizes);
    else if (!spec.optional) throw invalid(`The input ${spec.name} is missing.`, "inputs");
  }
  const { rows = 1, tokens = 1 } = Object.fromEntries(sizes) as { rows?: number; tokens?: number };
  if (tokens > signature.tokens || tokens < 1 || rows < 1) {
    throw invalid(
      `There are ${rows} rows of ${tokens} tokens, but there must be at least one of each, and at most ${signature.tokens} tokens.`,
      "inputs",
    );
  }
  const numbers = signature.inputs.map(
    (spec) => [spec, typed(spec, given.get(spec.name), rows, tokens)] as const,
  );
  return Array.from({ length: rows }, (_, row) => ({
    tokens,
    tensors: Object.fromEntries(
      numbers.map(([spec, values]) => {
        const length = lengthOf(spec, { rows, tokens });
        return [spec.name, values.slice(row * length, (row + 1) * length)];
      }),
    ),
  }));
}

/** Compares a shape with what is asked for, and learns the lengths of the axes that a request chooses. */
function requireShape(
  { name, shape }: TensorSpec,
  found: readonly number[],
  sizes: Map<string, number>,
): void {
  const fits =
    shape.length === found.length &&
    shape.every((axis, index) => {
      const size = found[index] as number;
      if (typeof axis === "number") return size === axis;
      if (!sizes.has(axis)) sizes.set(axis, size);
      return sizes.get(axis) === size;
    });
  if (fits) return;
  const wanted = shape.map((axis) => (typeof axis === "number" ? axis : (sizes.get(axis) ?? axis)));
  throw invalid(`${name} has the shape [${found}], but it must be [${wanted.join(", ")}].`, name);
}

function typed(
  { name, datatype, below }: TensorSpec,
  given: GivenTensor | undefined,
  rows: number,
  tokens: number,
): Float32Array | Uint32Array {
  // Lengths alone may be missing.
  if (given === undefined) return new Uint32Array(rows).fill(tokens);
  if (datatype === "FP32") {
    requireStorable(given.values, "F32", name);
    return Float32Array.from(given.values);
  }
  const bound = name === "lengths" ? tokens + 1 : (below ?? 2 ** 32);
  const least = name === "lengths" ? 1 : 0;
  const wrong = given.values.find(
    (value) => !Number.isInteger(value) || value < least || value >= bound,
  );
  if (wrong === undefined) return Uint32Array.from(given.values);
  throw invalid(
    `${name} has ${wrong}, but it must have whole numbers from ${least} to ${bound - 1}.`,
    name,
  );
}
