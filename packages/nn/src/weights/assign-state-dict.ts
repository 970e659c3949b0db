import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { isRealDtype } from "@papilio/butterfly/files";
import {
  anyNumber,
  callback,
  flag,
  having,
  listOf,
  map,
  objectOf,
  optional,
  text,
} from "../arguments/checks.ts";
import { type Rename, renameCheck, renamed } from "./rename.ts";
import { type StateDict, type StoredTensor, storedCheck } from "./stored-tensor.ts";
import { fixOf, quoteNames, weightsError } from "./weights-error.ts";

/** Numbers of a model, row-major, that are replaced as a whole. */
export interface ParameterValues {
  readonly shape: readonly number[];
  values: Float32Array;
}

/** A tensor that does not have the shape of the parameter of its name. */
export interface ShapeMismatch {
  /** Of the parameter. */
  readonly name: string;
  readonly expected: readonly number[];
  readonly found: readonly number[];
}

/** In what weights and a model differ. */
export interface StateDictDifferences {
  /** Parameters that no tensor is for. */
  readonly missing: readonly string[];
  /** Tensors that no parameter is for, by the names that they have after renaming. */
  readonly unexpected: readonly string[];
  readonly shapeMismatches: readonly ShapeMismatch[];
}

const differencesCheck = objectOf({
  missing: listOf(text),
  unexpected: listOf(text),
  shapeMismatches: listOf(
    objectOf({ name: text, expected: listOf(anyNumber), found: listOf(anyNumber) }),
  ),
});

/** Weights that are not a model's: `STATE_DICT_MISMATCH`, with all differences. */
export class StateDictMismatchError extends PapilioError implements StateDictDifferences {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly shapeMismatches: readonly ShapeMismatch[];

  constructor(differences: StateDictDifferences) {
    differencesCheck("the differences", differences);
    const { missing, unexpected, shapeMismatches } = differences;
    const wrong = shapeMismatches.map(
      ({ name, expected, found }) =>
        `${name} ${describeValue(found)} for ${describeValue(expected)}`,
    );
    const parts = (
      [
        ["missing", missing],
        ["unexpected", unexpected],
        ["of another shape", wrong],
      ] as const
    )
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `${names.length} ${what}: ${quoteNames(names)}`);
    const code = "STATE_DICT_MISMATCH";
    super(code, `The weights do not fit the model: ${parts.join("; ")}.`, fixOf(code));
    this.missing = missing;
    this.unexpected = unexpected;
    this.shapeMismatches = shapeMismatches;
  }
}

/** How weights become parameters. */
export interface AssignOptions {
  /** Whether differences are an error, in which case nothing is assigned; true unless given. */
  readonly strict?: boolean;
  readonly rename?: Rename;
  /**
   * Changes tensors on their way, by the names that they have after renaming: {@link transposeTensor} for
   * one.
   */
  readonly transform?: (tensor: StoredTensor, name: string) => StoredTensor;
}

const optionsCheck = objectOf({
  strict: optional(flag),
  rename: optional(renameCheck),
  transform: optional(callback),
});

/**
 * Gives parameters the weights of their names. All names and shapes are compared first, then all
 * tensors decoded, each into an array of its own, and only then parameters changed: when anything fails,
 * none is. The numbers that a parameter had are neither read nor written.
 *
 * Unless `strict`, what fits is assigned, and the rest returned.
 *
 * @throws StateDictMismatchError `STATE_DICT_MISMATCH` with all differences
 * @throws PapilioError `STATE_DICT_RENAME`; `TENSOR_DTYPE` for tensors that are not real numbers; what
 *   reading a tensor throws
 *
 * @example
 * ```ts
 * assignStateDict(parameters, state, {
 *   rename: [[/^transformer\./, ""]],
 *   transform: (tensor, name) => (/\.c_(attn|proj|fc)\.weight$/.test(name) ? transposeTensor(tensor) : tensor),
 * });
 * ```
 */
export function assignStateDict(
  parameters: ReadonlyMap<string, ParameterValues>,
  state: StateDict,
  options: AssignOptions = {},
): StateDictDifferences {
  map("The parameters", parameters);
  map("The weights", state);
  optionsCheck("assignStateDict", options);
  const { strict = true, rename, transform = (tensor) => tensor } = options;
  const fitting: (readonly [ParameterValues, StoredTensor])[] = [];
  const names = renamed(state.keys(), rename);
  const unexpected = [...names.keys()].filter((name) => !parameters.has(name));
  const missing: string[] = [];
  const shapeMismatches: ShapeMismatch[] = [];
  for (const [name, parameter] of parameters) {
    having("a Parameter", "shape")(`The parameter ${name}`, parameter);
    const { shape } = parameter;
    const from = names.get(name);
    const stored = from === undefined ? undefined : state.get(from);
    if (stored === undefined) {
      missing.push(name);
      continue;
    }
    storedCheck(`The tensor ${name}`, stored);
    const tensor = transform(stored, name);
    storedCheck(`What transform makes of ${name}`, tensor);
    if (!isSame(shape, tensor.shape)) {
      shapeMismatches.push({ name, expected: shape, found: tensor.shape });
      continue;
    }
    requireReal(tensor);
    fitting.push([parameter, tensor]);
  }
  const differences = { missing, unexpected, shapeMismatches };
  if (strict && missing.length + unexpected.length + shapeMismatches.length > 0) {
    throw new StateDictMismatchError(differences);
  }
  const decoded = fitting.map(
    ([parameter, tensor]) => [parameter, tensor.toReal("float32")] as const,
  );
  for (const [parameter, values] of decoded) parameter.values = values;
  return differences;
}

function isSame(expected: readonly number[], found: readonly number[]): boolean {
  return expected.length === found.length && expected.every((size, axis) => size === found[axis]);
}

function requireReal({ name, dtype }: StoredTensor): void {
  if (isRealDtype(dtype)) return;
  throw weightsError(
    "TENSOR_DTYPE",
    `The tensor ${quoteNames([name])} is ${dtype}, which is not a real number that is read here.`,
  );
}
