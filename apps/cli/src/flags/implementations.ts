import {
  adapterImplementations,
  type Case,
  chainImplementations,
  cpuImplementations,
  findImplementation,
  gradientImplementations,
  type Implementation,
  implementations,
  type Operation,
} from "@papilio/bench";
import { loadImplementations, loadOnnxRuntime } from "@papilio/bench/node";
import { PapilioError } from "@papilio/butterfly";

/** Implementations, and what to say of those that there might be. */
export interface Found {
  readonly implementations: readonly Implementation[];
  readonly notes: readonly string[];
}

/**
 * The implementations of these names and files; without any, all that there are for the cases,
 * ONNX Runtime's where it is installed, which only multiplies.
 *
 * @throws PapilioError `IMPLEMENTATION_UNKNOWN`, `IMPLEMENTATION_TWICE`, and what
 * `loadImplementations` throws
 */
export async function findImplementations(
  names: readonly string[] | undefined,
  cases: readonly Case[],
  operation: Operation = "multiply",
): Promise<Found> {
  const own = (names ?? []).filter((name) => !isFile(name));
  if (operation !== "multiply" && names === undefined) {
    const own = operation === "gradient" ? gradientImplementations : adapterImplementations;
    return { implementations: own, notes: [] };
  }
  const needsOnnx = names === undefined || own.some((name) => name.startsWith("ort-"));
  const onnx = needsOnnx ? await loadOnnxRuntime() : { implementations: [] };
  const [others, notes] = "reason" in onnx ? [[], [onnx.reason]] : [[...onnx.implementations], []];
  if (names === undefined) {
    const products = cases.some(({ chain }) => chain.length > 1) ? chainImplementations : [];
    return {
      implementations: [...implementations, ...products, ...cpuImplementations, ...others],
      notes,
    };
  }
  const chosen: Implementation[] = [];
  for (const name of names) {
    if (isFile(name)) chosen.push(...(await loadImplementations(name)));
    else chosen.push(findImplementation(name, others, operation));
  }
  const twice = chosen.find(({ name }, index) =>
    chosen.some((other, place) => other.name === name && place < index),
  );
  if (twice !== undefined) {
    throw new PapilioError(
      "IMPLEMENTATION_TWICE",
      `There are two implementations by the name ${twice.name}.`,
      "Name each once, and give one of your own a name of its own.",
    );
  }
  return { implementations: chosen, notes };
}

/** Names have neither slashes nor the endings of modules. */
function isFile(name: string): boolean {
  return /[/\\]|\.[mc]?[jt]s$/.test(name);
}
