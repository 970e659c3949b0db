import { requireBoolean, requireOptions } from "../errors/argument-checks.ts";

export interface TransformOptions {
  /** Scales rows, so that the matrix is orthogonal, or unitary. */
  readonly orthonormal?: boolean;
}

/** @throws PapilioError `OPTION_INVALID` */
export function isOrthonormal(options: TransformOptions): boolean {
  requireOptions("The options", options);
  const { orthonormal = false } = options;
  requireBoolean("orthonormal", orthonormal);
  return orthonormal;
}
