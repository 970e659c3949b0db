import { compile } from "@papilio/butterfly";
import { hadamard } from "@papilio/butterfly/constructions";
import { cpu, disposeCpuThreads } from "@papilio/cpu-runtime";
import { hadamardProduct } from "./hadamard-product.ts";

// In threads of its own.
const batch = 40;
const x = Float32Array.from({ length: 64 * batch }, (_, index) => (index % 7) - 3);
const weights = await compile(hadamard(64).convert("float32"), cpu({ threads: 2 }));
const y = await weights.multiply(x, { batch, layout: "batch-first" });
console.log(
  JSON.stringify({
    threads: weights.report.threads,
    kernel: weights.report.kernel !== "reference",
    exact: hadamardProduct(64, x).every((value, index) => value === y[index]),
  }),
);
weights.dispose();
weights.dispose();
disposeCpuThreads();
