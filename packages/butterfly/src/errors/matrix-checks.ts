import { requireList, requireObject } from "./argument-checks.ts";

/*
 * By their members, not by their classes: objects of another copy of this package are as good, and this
 * file imports none of the classes, which import it.
 */

/** @throws PapilioError `OPTION_INVALID` for what is not a pattern */
export function requirePattern(name: string, value: unknown): void {
  requireObject(name, value, "a Pattern", "a", "b", "c", "d", "nonZeros");
}

/** @throws PapilioError `OPTION_INVALID` for what is not a chain */
export function requireChain(name: string, value: unknown): void {
  requireObject(name, value, "a Chain", "patterns", "isChainable");
}

/** @throws PapilioError `OPTION_INVALID` for what is not a factor of real values */
export function requireFactor(name: string, value: unknown): void {
  requireObject(name, value, "a KroneckerSparse", "pattern", "values", "sharing");
}

/** @throws PapilioError `OPTION_INVALID` for what is not a factor of complex values */
export function requireComplexFactor(name: string, value: unknown): void {
  requireObject(name, value, "a ComplexKroneckerSparse", "pattern", "re", "im");
}

/** @throws PapilioError `OPTION_INVALID` for what is not a butterfly matrix of real values */
export function requireButterfly(name: string, value: unknown): void {
  // A complex one has no bound of magnification.
  requireObject(name, value, "a Butterfly", "factors", "chain", "magnification");
}

/** @throws PapilioError `OPTION_INVALID` for what is not a butterfly matrix of complex values */
export function requireComplexButterfly(name: string, value: unknown): void {
  requireObject(name, value, "a ComplexButterfly", "factors", "chain", "conjugate");
}

/** @throws PapilioError `OPTION_INVALID` for what is not a butterfly matrix, real or complex */
export function requireAnyButterfly(name: string, value: unknown): void {
  requireObject(name, value, "a Butterfly or a ComplexButterfly", "factors", "chain");
}

/** @throws PapilioError `OPTION_INVALID` unless it is a list, and the check takes each of its items */
export function requireListOf(
  name: string,
  value: unknown,
  check: (name: string, item: unknown) => void,
): void {
  requireList(name, value);
  // Not `forEach`, which skips the holes of a list.
  for (let index = 0; index < value.length; index++) check(`${name}[${index}]`, value[index]);
}
