/**
 * The factors of a symmetric positive semidefinite matrix, `H = L D L^T` with ones on the diagonal of `L`. A pivot that
 * is not above `least` is taken as `least`: what depends on others, up to that, is as if it were apart.
 *
 * @param h `[size, size]`, of which the lower triangle is read
 * @returns `L`, `[size, size]` with zeros above the diagonal, and `D`
 */
export function unitLower(
  h: Float64Array,
  size: number,
  least: number,
): { readonly lower: Float64Array; readonly pivots: Float64Array } {
  const lower = new Float64Array(size * size);
  const pivots = new Float64Array(size);
  /** `L D` of the row at hand. */
  const scaled = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    const at = row * size;
    for (let col = 0; col < row; col++) {
      let sum = h[at + col] as number;
      const other = col * size;
      for (let t = 0; t < col; t++) sum -= (scaled[t] as number) * (lower[other + t] as number);
      scaled[col] = sum;
    }
    let pivot = h[at + row] as number;
    for (let col = 0; col < row; col++) {
      const value = (scaled[col] as number) / (pivots[col] as number);
      lower[at + col] = value;
      pivot -= value * (scaled[col] as number);
    }
    lower[at + row] = 1;
    pivots[row] = Math.max(pivot, least);
  }
  return { lower, pivots };
}

/** Solves `x H = y` for rows `y`, in place, by the factors of {@link unitLower}. */
export function solveRows(
  { lower, pivots }: { readonly lower: Float64Array; readonly pivots: Float64Array },
  rows: Float64Array,
): void {
  const size = pivots.length;
  for (let first = 0; first < rows.length; first += size) {
    for (let at = 0; at < size; at++) {
      let sum = rows[first + at] as number;
      for (let t = 0; t < at; t++)
        sum -= (lower[at * size + t] as number) * (rows[first + t] as number);
      rows[first + at] = sum;
    }
    for (let at = size - 1; at >= 0; at--) {
      let sum = (rows[first + at] as number) / (pivots[at] as number);
      for (let t = at + 1; t < size; t++) {
        sum -= (lower[t * size + at] as number) * (rows[first + t] as number);
      }
      rows[first + at] = sum;
    }
  }
}
