import type { AdapterReport, MatrixUnitProduct } from "../device/report.ts";

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
