import { compile } from "@papilio/butterfly";
import { hadamard } from "@papilio/butterfly/constructions";
import { factorize } from "@papilio/butterfly/factorization";
import { cpu } from "@papilio/cpu-runtime";
import { hadamardProduct } from "./hadamard-product.ts";

// In a page, in threads twice: the CPU backend, and the factorization. Its result is the title.
try {
  const matrix = hadamard(64);
  const batch = 40;
  const x = Float32Array.from({ length: 64 * batch }, (_, index) => (index % 7) - 3);
  const weights = await compile(matrix.convert("float32"), cpu({ threads: 2 }));
  const y = await weights.multiply(x, { batch, layout: "batch-first" });
  const { error } = await factorize(matrix.dense(), matrix.chain, { threads: 2 });
  document.title = JSON.stringify({
    isolated: crossOriginIsolated,
    threads: weights.report.threads,
    exact: hadamardProduct(64, x).every((value, index) => value === y[index]),
    factorized: error < 1e-12,
  });
} catch (error) {
  document.title = String(error);
}
