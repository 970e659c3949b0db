import { compile } from "@papilio/butterfly";
import { fourier } from "@papilio/butterfly/constructions";
import { openGpu } from "@papilio/gpu-runtime/node";

const n = 65536;
const wave = { re: new Float32Array(n), im: new Float32Array(n) };
for (let j = 0; j < n; j++)
  wave.re[j] = Math.cos((2 * Math.PI * 1000 * j) / n);

using gpu = await openGpu();
// The bit reversal is in the addresses of the first kernel's loads.
const transform = fourier(n).map((matrix) => matrix.convert("float32"));
using weights = await compile(transform, gpu);
const { re } = await weights.multiply(wave, {
  batch: 1,
  layout: "batch-first",
});

const peaks = [...re.keys()].filter((k) => (re[k] as number) > 1);
console.log(peaks.join(" and ")); // 1000 and 64536
