/** The first of `count` numbers that is the largest, or the first that is NaN; -1 of none. */
export function firstLargest(count: number, number: (index: number) => number): number {
  let chosen = -1;
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const next = number(index);
    const isLarger = next > largest || (Number.isNaN(next) && !Number.isNaN(largest));
    if (chosen >= 0 && !isLarger) continue;
    chosen = index;
    largest = next;
  }
  return chosen;
}
