/**
 * Loops of dense linear algebra in double precision: what a factorization spends its time in. Matrices are
 * row-major; addresses and sizes are the caller's to check.
 */
export {
  multiplyFactors,
  setSplit,
  splitRankOne,
  splitTwoRows,
  squaredDistance,
} from "./dense-classes";
export { addProduct, addRowProducts } from "./dense-products";
export { reflectComplex, reflectReal } from "./dense-reflections";
export { addSquares, squares, startSquares } from "./dense-sums";
