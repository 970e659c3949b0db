import { largerWgsl } from "./not-a-number.ts";
import { wideType } from "./wgsl.ts";

/** How several numbers become one. */
export type Reduction = "sum" | "mean" | "max";

/**
 * WGSL that takes `term` into `value`, which was zero before the first. `first` is a condition; the
 * largest of no numbers is then 0, and infinities need no literal. The largest of NaN and others is NaN.
 */
export function accumulateWgsl(reduction: Reduction, width: number, first: string): string {
  return reduction === "max"
    ? `value = select(${largerWgsl("value", "term", width)}, term, ${first});`
    : "value += term;";
}

/** WGSL that declares `value`, what the terms from `start` to `end` make: 0 where there is none. */
export function reduceWgsl(options: {
  readonly reduction: Reduction;
  /** Numbers of a term. */
  readonly width: number;
  /** WGSL for the bounds, and for a term of which `at` is the number. */
  readonly start: string;
  readonly end: string;
  readonly term: string;
}): string {
  const { reduction, width, start, end, term } = options;
  const mean = `\n  value /= f32(max(end - start, 1u));`;
  return `let start = ${start};
  let end = ${end};
  var value = ${wideType(width)}();
  for (var at = start; at < end; at++) {
    let term = ${term};
    ${accumulateWgsl(reduction, width, "at == start")}
  }${reduction === "mean" ? mean : ""}`;
}

/**
 * WGSL that adds up what the invocations of a workgroup, a power of two, have put into `met`, each at its `lane`: the first
 * number is the sum then.
 */
export function sumOfMetWgsl(workgroup: number): string {
  return `workgroupBarrier();
  for (var apart = ${workgroup / 2}u; apart > 0u; apart /= 2u) {
    if (lane < apart) { met[lane] += met[lane + apart]; }
    workgroupBarrier();
  }`;
}
