import { findImplementation, type Implementation, implementations } from "@papilio/bench";

/** The implementations of these names and files; without any, all that there are. */
export function findImplementations(
  names: readonly string[] | undefined,
): Promise<readonly Implementation[]> {
  return Promise.resolve(names?.map(findImplementation) ?? implementations);
}
