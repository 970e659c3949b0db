import { hadamard } from "@papilio/butterfly/constructions";
import { factorize } from "@papilio/butterfly/factorization";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { hadamardProduct } from "./hadamard-product.ts";

// The readable product, and a factorization in threads of its own.
const matrix = hadamard(64);
const batch = 40;
const x = Float32Array.from({ length: 64 * batch }, (_, index) => (index % 7) - 3);
const y = referenceProduct(matrix.convert("float32"), x, { batch, layout: "batch-first" });
const { error } = await factorize(matrix.dense(), matrix.chain, { threads: 2 });
console.log(
  JSON.stringify({
    exact: hadamardProduct(64, x).every((value, index) => value === y[index]),
    factorized: error < 1e-12,
  }),
);
