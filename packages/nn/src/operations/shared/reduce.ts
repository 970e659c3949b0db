/** The sum, mean or maximum of `count` numbers; 0 of none. */
export function reduceNumbers(
  reduce: "mean" | "sum" | "max",
  count: number,
  number: (index: number) => number,
): number {
  if (count === 0) return 0;
  let result = reduce === "max" ? Number.NEGATIVE_INFINITY : 0;
  for (let index = 0; index < count; index++) {
    result = reduce === "max" ? Math.max(result, number(index)) : result + number(index);
  }
  return reduce === "mean" ? result / count : result;
}
