import { type Matrix, matrix, multiplyAdjoint, rowProducts, squaredNorm } from "./dense-matrix.ts";
import { eigenvalues } from "./hermitian-eigen.ts";

/**
 * The squared singular values of a matrix, descending, as many as its smaller side: the eigenvalues of a
 * Gram matrix, good to a rounding of the largest one. Rows and columns that no entry connects are taken
 * apart first, so that a sparse matrix costs what its connected parts do.
 *
 * @param beforeWork called with the multiplications that it takes; what it throws is thrown before them
 * @throws PapilioError `EIGEN_NOT_CONVERGED`
 */
export function squaredSingularValues(
  a: Matrix,
  beforeWork?: (multiplications: number) => void,
): Float64Array {
  const parts = Math.min(a.rows, a.cols) <= 2 ? [a] : connectedParts(a);
  beforeWork?.(parts.reduce((sum, part) => sum + workOf(part), 0));
  const squares = new Float64Array(Math.min(a.rows, a.cols));
  let count = 0;
  for (const part of parts) {
    for (const square of squaresOf(part)) squares[count++] = Math.max(0, square);
  }
  return squares.sort().reverse();
}

/** Of a matrix that is not taken apart. */
function squaresOf(part: Matrix): Iterable<number> {
  const least = Math.min(part.rows, part.cols);
  if (least === 1) return [squaredNorm(part)];
  const gram = gramOf(part);
  return least === 2 ? eigenvaluesOfTwo(gram) : eigenvalues(gram);
}

/** Those of a Hermitian `2 x 2` matrix, in closed form. */
function eigenvaluesOfTwo({ re, im }: Matrix): [number, number] {
  const [p, r, q] = [re[0] as number, re[2] as number, re[3] as number];
  const beside = Math.hypot(r, im === undefined ? 0 : (im[2] as number));
  const first = (p + q) / 2 + Math.hypot((p - q) / 2, beside);
  return [first, first === 0 ? 0 : (p * q - beside * beside) / first];
}

/** The smaller Gram matrix. */
function gramOf(a: Matrix): Matrix {
  return a.rows <= a.cols ? rowProducts(a) : multiplyAdjoint(a, a);
}

/** Multiplications of the Gram matrix and of its reduction. */
function workOf({ rows, cols, im }: Matrix): number {
  const least = Math.min(rows, cols);
  return (im === undefined ? 1 : 4) * least * least * (Math.max(rows, cols) + 1.5 * least);
}

/**
 * The parts of a matrix that have no row and no column in common, without rows and columns of zeros: the
 * connected components of the graph between rows and columns whose edges are the entries.
 */
function connectedParts(a: Matrix): readonly Matrix[] {
  if (isConnectedByFirst(a)) return [a];
  const { rows, cols } = a;
  // Node p is row p, node rows + q column q. The root of a component points to itself.
  const above = Int32Array.from({ length: rows + cols }, (_, node) => node);
  const rootOf = (node: number): number => {
    let root = node;
    for (;;) {
      const next = above[root] as number;
      if (next === root) return root;
      above[root] = above[next] as number;
      root = next;
    }
  };
  const used = new Uint8Array(rows + cols);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < cols; column++) {
      if (isZero(a, row * cols + column)) continue;
      used[row] = 1;
      used[rows + column] = 1;
      above[rootOf(rows + column)] = rootOf(row);
    }
  }
  const members = new Map<number, { rows: number[]; cols: number[] }>();
  for (let node = 0; node < rows + cols; node++) {
    if (used[node] === 0) continue;
    const root = rootOf(node);
    const own = members.get(root) ?? { rows: [], cols: [] };
    members.set(root, own);
    if (node < rows) own.rows.push(node);
    else own.cols.push(node - rows);
  }
  const parts = [...members.values()];
  const [only, ...others] = parts;
  if (others.length === 0 && only?.rows.length === rows && only.cols.length === cols) return [a];
  return parts.map((part) => submatrix(a, part.rows, part.cols));
}

/** Whether the first row and the first column have no zero, as those of a dense matrix do not. */
function isConnectedByFirst(a: Matrix): boolean {
  for (let column = 0; column < a.cols; column++) if (isZero(a, column)) return false;
  for (let row = 1; row < a.rows; row++) if (isZero(a, row * a.cols)) return false;
  return true;
}

function isZero({ re, im }: Matrix, index: number): boolean {
  return re[index] === 0 && (im === undefined || im[index] === 0);
}

function submatrix(a: Matrix, rows: readonly number[], cols: readonly number[]): Matrix {
  const result = matrix(rows.length, cols.length, a.im !== undefined);
  for (const [p, row] of rows.entries()) {
    for (const [q, column] of cols.entries()) {
      const [from, to] = [row * a.cols + column, p * cols.length + q];
      result.re[to] = a.re[from] as number;
      if (a.im && result.im) result.im[to] = a.im[from] as number;
    }
  }
  return result;
}
