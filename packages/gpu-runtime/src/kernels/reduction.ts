/** How several numbers become one. */
export type Reduction = "sum" | "mean" | "max";

/**
 * WGSL that takes `term` into `value`, which was zero before the first. `first` is a condition; the
 * largest of no numbers is then 0, and infinities need no literal.
 */
export function accumulateWgsl(reduction: Reduction, first: string): string {
  return reduction === "max"
    ? `value = select(max(value, term), term, ${first});`
    : "value += term;";
}

/** WGSL that declares `value`, what the terms from `start` to `end` make: 0 where there is none. */
export function reduceWgsl(options: {
  readonly reduction: Reduction;
  /** WGSL type of a term. */
  readonly type: string;
  /** WGSL for the bounds, and for a term of which `at` is the number. */
  readonly start: string;
  readonly end: string;
  readonly term: string;
}): string {
  const { reduction, type, start, end, term } = options;
  const mean = `\n  value /= f32(max(end - start, 1u));`;
  return `let start = ${start};
  let end = ${end};
  var value = ${type}();
  for (var at = start; at < end; at++) {
    let term = ${term};
    ${accumulateWgsl(reduction, "at == start")}
  }${reduction === "mean" ? mean : ""}`;
}
