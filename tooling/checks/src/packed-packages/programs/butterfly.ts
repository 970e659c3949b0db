import { CpuButterfly, disposeCpuThreads, factorize, hadamard } from "@papilio/butterfly";
import { hadamardProduct } from "./hadamard-product.ts";

// In threads of its own, twice: the CPU backend, and the factorization.
const matrix = hadamard(64);
const batch = 40;
const x = Float32Array.from({ length: 64 * batch }, (_, index) => (index % 7) - 3);
const weights = await CpuButterfly.create(matrix.convert("float32"), { threads: 2 });
const y = await weights.multiply(x, { batch, layout: "batch-first" });
const { error } = await factorize(matrix.dense(), matrix.chain, { threads: 2 });
console.log(
  JSON.stringify({
    threads: weights.report.threads,
    kernel: weights.report.kernel !== "reference",
    exact: hadamardProduct(64, x).every((value, index) => value === y[index]),
    factorized: error < 1e-12,
  }),
);
weights.dispose();
weights.dispose();
disposeCpuThreads();
