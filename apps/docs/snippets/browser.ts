import { KroneckerSparse, Pattern } from "@papilio/butterfly";
import { openGpu, Program, prepareKroneckerSparse, Tensor, tensor } from "@papilio/gpu-runtime";

const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), { seed: 0 });
const { rows, cols } = factor.pattern;
const shape = { batch: 32, layout: "batch-last", dtype: "f32" } as const;
const input = Float32Array.from({ length: shape.batch * cols }, (_, i) => Math.sin(i));

const gpu = await openGpu();
const x = tensor(gpu, input, { ...shape, features: cols });
const y = new Tensor(gpu, { ...shape, features: rows });
const product = prepareKroneckerSparse(gpu, factor, shape);

const program = await Program.record(gpu, product.steps(x, y));
program.run();
console.log(gpu.report.name, await y.data());

for (const resource of [x, y, product, gpu]) resource.dispose();
