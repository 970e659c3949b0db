import { KroneckerSparse, multiply, Pattern } from "@papilio/butterfly";
import { Program, prepareKroneckerSparse, Tensor, tensor } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";

// A 1024 x 1024 matrix made of 16 dense blocks of 64 x 64: one entry in 16 is stored.
const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), { seed: 0 });
const { rows, cols } = factor.pattern;

// 32 vectors, one in each column.
const shape = { batch: 32, layout: "batch-last", dtype: "f32" } as const;
const input = Float32Array.from({ length: shape.batch * cols }, (_, i) => Math.sin(i));

using gpu = await openGpu();
using x = tensor(gpu, input, { ...shape, features: cols });
using y = new Tensor(gpu, { ...shape, features: rows });
using product = prepareKroneckerSparse(gpu, factor, shape);
const program = await Program.record(gpu, product.steps(x, y));
program.run();
const onGpu = await y.data();

const onCpu = multiply(factor, input, shape);
const difference = Math.max(...onGpu.map((value, i) => Math.abs(value - (onCpu[i] as number))));
console.log(
  `${gpu.report.name}: ${onGpu.length} numbers, largest difference from the CPU ${difference}`,
);
