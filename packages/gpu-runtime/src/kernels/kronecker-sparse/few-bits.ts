import { Pattern } from "@papilio/butterfly";
import { requireOneOf, requirePattern } from "@papilio/butterfly/errors";
import { type Sharing, storedPattern, UNSHARED } from "@papilio/butterfly/matrix";
import { FEW_BITS, type FewBits } from "@papilio/butterfly/numeric";
import { UNIT, type UnitReader, unitBytes, unitReader } from "./few-bits-codes.ts";
import { type KroneckerSparsePacking, placesOf, weightIndex } from "./packing.ts";

/** Inputs of an output that share a scale. */
export const SCALED = 32;

/** Words of so many units. */
export function unitsWords(units: number, weightDtype: FewBits): number {
  return Math.ceil((unitBytes(weightDtype) * units) / 4);
}

/** Words of so many scales. */
export function scalesWords(scales: number): number {
  return Math.ceil(scales / 2);
}

/**
 * Bytes of the weights of a pattern in few bits, but for what a kernel's order of them pads.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function fewBitsBytes(pattern: Pattern, weightDtype: FewBits): number {
  requirePattern("The pattern", pattern);
  requireOneOf("weightDtype", weightDtype, FEW_BITS);
  const { a, b, c, d } = pattern;
  const outputs = a * b * d;
  const units = unitsWords(outputs * Math.ceil(c / UNIT), weightDtype);
  return 4 * (units + scalesWords(outputs * Math.ceil(c / SCALED)));
}

/** Where units and scales lie, units first: as if each were a weight. */
export interface FewBitsLayout {
  readonly units: { readonly pattern: Pattern; readonly packing: KroneckerSparsePacking };
  readonly scales: { readonly pattern: Pattern; readonly packing: KroneckerSparsePacking };
}

/** The layout of a pattern's weights for kernels that read them in an order. */
export function fewBitsLayout(
  { a, b, c, d }: Pattern,
  packing: KroneckerSparsePacking,
): FewBitsLayout {
  const inParts = (size: number): Pattern => new Pattern(a, b, Math.ceil(c / size), d);
  const isVector = packing.order === "vector";
  return {
    units: {
      pattern: inParts(UNIT),
      packing: isVector ? { ...packing, variant: { ...packing.variant, vector: 1 } } : packing,
    },
    // Invocations that share a reduction read neighbouring units of an output at once, of one scale or two.
    scales: { pattern: inParts(SCALED), packing: isVector ? { order: "tiles", tile: 1 } : packing },
  };
}

/** WGSL that reads weights of few bits of the block at `block`, `group_i` and `group_k`. */
export interface FewBitsReader extends UnitReader {
  /** The terms of an output in the indices of its units and of its scales. */
  unitsOf(output: string): string;
  scalesOf(output: string): string;
  /** A unit of an output, given its term. */
  unit(units: string, unit: string): string;
  /** The scale of 32 inputs, given the term of their output. */
  scale(scales: string, part: string): string;
}

/** @param binding of the weights: of `u32` */
export function fewBitsReader(
  pattern: Pattern,
  sharing: Sharing = UNSHARED,
  packing: KroneckerSparsePacking,
  weightDtype: FewBits,
  binding = "w",
): FewBitsReader {
  const layout = fewBitsLayout(pattern, packing);
  const units = weightIndex(layout.units.pattern, sharing, layout.units.packing);
  const scales = weightIndex(layout.scales.pattern, sharing, layout.scales.packing);
  const stored = storedPattern(layout.units.pattern, sharing);
  const first = unitsWords(placesOf(stored, layout.units.packing).length, weightDtype);
  const reader = unitReader(weightDtype, binding);
  return {
    ...reader,
    // Half precision has fewer digits for the smallest scales, which unpack2x16float may take for zeros.
    declare: `${reader.declare}fn scaleAt(index: u32) -> f32 {
  let bits = (${binding}[${first}u + index / 2u] >> (16u * (index % 2u))) & 0xffffu;
  let magnitude = bits & 0x7fffu;
  let value = select(
    bitcast<f32>((magnitude << 13u) + 0x38000000u),
    f32(magnitude) * 0x1p-24f,
    magnitude < 0x400u,
  );
  return select(value, -value, bits > 0x7fffu);
}
`,
    unitsOf: units.base,
    scalesOf: scales.base,
    unit: (base, unit) => `unitAt(${base} + ${units.input(unit)})`,
    scale: (base, part) => `scaleAt(${base} + ${scales.input(part)})`,
  };
}
