import { Pattern } from "@papilio/butterfly";
import { requireOneOf, requirePattern } from "@papilio/butterfly/errors";
import { type Sharing, storedPattern, UNSHARED } from "@papilio/butterfly/matrix";
import { range } from "../wgsl.ts";
import { type KroneckerSparsePacking, placesOf, weightIndex } from "./packing.ts";
import { WEIGHT_BITS, type WeightBits } from "./weight-bits.ts";

/** Inputs of an output whose codes lie together, a unit: one word of `q4`, two of `q8`. */
export const UNIT = 8;
/** Inputs of an output that share a scale. */
export const SCALED = 32;

const BITS: Readonly<Record<WeightBits, number>> = { q8: 8, q4: 4 };

/** Words of a unit. */
export function unitWords(weightDtype: WeightBits): number {
  return (BITS[weightDtype] * UNIT) / 32;
}

/**
 * Bytes of the weights of a pattern in few bits, but for what a kernel's order of them pads.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function fewBitsBytes(pattern: Pattern, weightDtype: WeightBits): number {
  requirePattern("The pattern", pattern);
  requireOneOf("weightDtype", weightDtype, WEIGHT_BITS);
  const { a, b, c, d } = pattern;
  const unit = 4 * unitWords(weightDtype);
  return a * b * d * (unit * Math.ceil(c / UNIT) + 2 * Math.ceil(c / SCALED));
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
export interface FewBitsReader {
  /** Declarations at module scope. */
  readonly declare: string;
  /** The terms of an output in the indices of its units and of its scales. */
  unitsOf(output: string): string;
  scalesOf(output: string): string;
  /** Statements that declare the words of a unit by a name, given the term of its output. */
  load(name: string, units: string, unit: string): string;
  /** The scale of 32 inputs, given the term of their output. */
  scale(scales: string, part: string): string;
  /** The whole number of an input of a loaded unit. */
  number(name: string, input: number): string;
  /** That of an input that is known to the kernel alone. */
  numberAt(name: string, input: string): string;
  /** Those of four inputs, as a vector: of the first half of a unit or of the second. */
  numbers(name: string, half: 0 | 1): string;
}

/** @param binding of the weights: of `u32` */
export function fewBitsReader(
  pattern: Pattern,
  sharing: Sharing = UNSHARED,
  packing: KroneckerSparsePacking,
  weightDtype: WeightBits,
  binding = "w",
): FewBitsReader {
  const layout = fewBitsLayout(pattern, packing);
  const units = weightIndex(layout.units.pattern, sharing, layout.units.packing);
  const scales = weightIndex(layout.scales.pattern, sharing, layout.scales.packing);
  const stored = storedPattern(layout.units.pattern, sharing);
  const words = unitWords(weightDtype);
  const first = words * placesOf(stored, layout.units.packing).length;
  const bits = BITS[weightDtype];
  const perWord = 32 / bits;
  const shift = (input: number): number => 32 - bits - bits * (input % perWord);
  return {
    // Half precision has fewer digits for the smallest scales, which unpack2x16float may take for zeros.
    declare: `fn scaleAt(index: u32) -> f32 {
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
    load: (name, base, unit) =>
      range(words)
        .map((word) => {
          const at = `(${base} + ${units.input(unit)})`;
          const index = words === 1 ? at : `${at} * ${words}u + ${word}u`;
          return `let ${name}_${word} = ${binding}[${index}];`;
        })
        .join(" "),
    scale: (base, part) => `scaleAt(${base} + ${scales.input(part)})`,
    number: (name, input) =>
      `f32(bitcast<i32>(${name}_${Math.floor(input / perWord)} << ${shift(input)}u) >> ${32 - bits}u)`,
    numberAt: (name, input) => {
      const inWord = `${32 - bits}u - ${bits}u * (${input} % ${perWord}u)`;
      const word =
        words === 1
          ? `${name}_0`
          : `select(${name}_0, ${name}_1, ${input} % ${UNIT}u >= ${perWord}u)`;
      return `f32(bitcast<i32>(${word} << (${inWord})) >> ${32 - bits}u)`;
    },
    numbers: (name, half) => {
      const word = `${name}_${Math.floor((4 * half) / perWord)}`;
      const shifts = range(4).map((e) => `${shift(4 * half + e)}u`);
      return `vec4<f32>(bitcast<vec4<i32>>(vec4<u32>(${word}) << vec4<u32>(${shifts.join(", ")})) >> vec4<u32>(${32 - bits}u))`;
    },
  };
}
