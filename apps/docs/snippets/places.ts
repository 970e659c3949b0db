import {
  Butterfly,
  Chain,
  compile,
  PermutedButterfly,
  type Place,
  reference,
} from "@papilio/butterfly";
import { cpu } from "@papilio/cpu-runtime";

// A butterfly that takes its inputs in reverse.
const butterfly = Butterfly.random(Chain.monarch(256), { seed: 0 });
const matrix = new PermutedButterfly(butterfly, {
  right: Uint32Array.from({ length: 256 }, (_, i) => 255 - i),
});

const shape = { batch: 4, layout: "batch-first" } as const;
const x = new Float32Array(shape.batch * 256).fill(1);
const out = new Float32Array(shape.batch * 256);

// Or a Gpu, which openGpu of @papilio/gpu-runtime opens.
const places: Place[] = [reference, cpu({ threads: 2 })];
const sums: string[] = [];
for (const place of places) {
  using weights = await compile(matrix, place);
  console.error(weights.plan(shape).name);
  await weights.multiply(x, shape, { out });
  sums.push(out.reduce((sum, value) => sum + value).toFixed(2));
}
console.log(sums[0] === sums[1]); // true
