/**
 * Vectors of `n` whole numbers, one after the other, times the Hadamard matrix in Sylvester's order, whose
 * entry is 1 or -1 as the number of ones in `row & column` is even or odd.
 */
export function hadamardProduct(n: number, x: ArrayLike<number>): number[] {
  return Array.from({ length: x.length }, (_, index) => {
    const [vector, row] = [Math.floor(index / n), index % n];
    let sum = 0;
    for (let column = 0; column < n; column++) {
      sum += (isOdd(row & column) ? -1 : 1) * (x[vector * n + column] as number);
    }
    return sum;
  });
}

function isOdd(bits: number): boolean {
  return [...bits.toString(2)].filter((bit) => bit === "1").length % 2 === 1;
}
