import { PapilioError } from "@papilio/butterfly";
import type { AdapterReport, MatrixUnitProduct } from "../device/report.ts";

/** A shape of a kernel on matrix units: their product of `unitM x unitK` by `unitK x unitN`, and the workgroup. */
export interface MatrixUnitsShape {
  readonly kind: "matrix";
  readonly unitM: number;
  readonly unitN: number;
  readonly unitK: number;
  /** Invocations of a subgroup. */
  readonly subgroup: number;
  /** Subgroups of a workgroup. */
  readonly subgroups: number;
}

/** WGSL extensions of kernels on matrix units. */
export const MATRIX_UNITS_ENABLES = ["subgroups", "chromium_experimental_subgroup_matrix"] as const;

/**
 * The products of the device's matrix units from elements of one type to sums of another. None where
 * subgroups differ in size: the compiler may then choose one that a workgroup does not fit.
 */
export function usableProducts(
  { features }: Pick<AdapterReport, "features">,
  elements: string,
  sums: string,
): readonly MatrixUnitProduct[] {
  const { matrixUnits, subgroups } = features;
  if (!matrixUnits?.taken || subgroups === null || subgroups.min !== subgroups.max) return [];
  return matrixUnits.products.filter(({ from, to }) => from === elements && to === sums);
}

/** @throws PapilioError `MATRIX_UNITS_UNAVAILABLE` where the device has no products from f16 to f32 */
export function requireAnyMatrixUnits(report: Pick<AdapterReport, "features" | "name">): void {
  if (usableProducts(report, "f16", "f32").length > 0) return;
  throw new PapilioError(
    "MATRIX_UNITS_UNAVAILABLE",
    `Factors are to be fused on matrix units for f16 with sums in f32, which the device on ${report.name} does not have or was not opened with.`,
    "Take a plan that was made for this device, as planChain and tunePlan do.",
  );
}
