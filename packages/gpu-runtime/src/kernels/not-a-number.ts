import { wideType } from "./wgsl.ts";

/*
 * WGSL leaves open what max, min, clamp, exp and comparisons make of NaN, and lets compilers assume that
 * there is none (https://www.w3.org/TR/WGSL/#floating-point-evaluation). Drivers differ: `max(NaN, 0)` is
 * 0 on most, `exp(NaN)` is 0 or infinity on SwiftShader. What is not a number is therefore recognised by
 * its bits, which no compiler touches, and is kept as in PyTorch and numpy: NaN in, NaN out.
 */

/** WGSL that says of `width` float32 side by side, each by its bits, whether it is NaN. */
export function isNanWgsl(x: string, width: number): string {
  return `((${bits(x, width)}) > ${words("0x7f800000u", width)})`;
}

/** WGSL that says of `width` float32 side by side whether each is NaN or infinite. */
export function isNotFiniteWgsl(x: string, width: number): string {
  return `((${bits(x, width)}) >= ${words("0x7f800000u", width)})`;
}

/** WGSL for the larger of two names or places of `width` float32: NaN where either is. */
export function largerWgsl(x: string, y: string, width: number): string {
  return `select(select(max(${x}, ${y}), ${y}, ${isNanWgsl(y, width)}), ${x}, ${isNanWgsl(x, width)})`;
}

/** WGSL for NaN in `width` float32. `zero` is any u32 that is 0 and no constant, which NaN must not be. */
export function nanWgsl(zero: string, width: number): string {
  return `${wideType(width)}(bitcast<f32>(0x7fc00000u | ${zero}))`;
}

/** WGSL for minus infinity in `width` float32; `zero` as for {@link nanWgsl}. */
export function negativeInfinityWgsl(zero: string, width: number): string {
  return `${wideType(width)}(bitcast<f32>(0xff800000u | ${zero}))`;
}

/** The bits without the sign. */
function bits(x: string, width: number): string {
  return `bitcast<${width === 1 ? "u32" : `vec${width}u`}>(${x}) & ${words("0x7fffffffu", width)}`;
}

function words(word: string, width: number): string {
  return width === 1 ? word : `vec${width}u(${word})`;
}
