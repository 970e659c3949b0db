import { compile, reference } from "@papilio/butterfly";
import {
  circulant,
  convolution,
  cosine,
  fourier,
  hadamard,
  kroneckerOfButterflies,
} from "@papilio/butterfly/constructions";
import {
  loadButterflies,
  saveButterflies,
} from "@papilio/butterfly/files";

const shape = { batch: 1, layout: "batch-first" } as const;

// Signs alone, and all blocks equal: four numbers for each factor.
const signs = hadamard(65536);
console.log(signs.factors.length, signs.factors[0]?.values.length); // 16 4

// A Fourier transform is a complex butterfly behind a bit reversal.
const re = Float64Array.of(1, 2, 3, 4);
const transform = await compile(fourier(4), reference);
const im = new Float64Array(4);
const spectrum = await transform.multiply({ re, im }, shape);
console.log(`${spectrum.re} and ${spectrum.im}`); // 10,-2,-2,-2 and 0,2,0,-2

// Cosine transforms take real vectors to real ones.
const dct = await compile(
  cosine(4, 2, { orthonormal: true }),
  reference,
);
const smooth = await dct.multiply(Float64Array.of(1, 1, 1, 1), shape);
console.log(
  [...smooth].map((value) => Math.abs(value).toFixed(3)).join(" "),
); // 2.000 0.000 0.000 0.000

// Convolutions of any length are parts of circulant matrices, which are
// products of two butterflies.
const sharpen = convolution(Float64Array.of(-1, 3, -1), 5, "same");
const filter = await compile(sharpen, reference);
const edges = await filter.multiply(
  Float64Array.of(1, 1, 1, 1, 1),
  shape,
);
console.log([...edges].map(Math.round).join(" ")); // 2 1 1 1 2
console.log(circulant(new Float64Array(1024).fill(1)).product.nonZeros); // 40960

// Sizes are any: by their prime factors, or by a chirp where these are large.
console.log(
  fourier(1000, { radices: [25, 40] }).matrix.chain.toString(),
); // 1,25,25,40;25,40,40,1
console.log(cosine(101, 2).product.stages.length); // 2

// Kronecker products are transforms of two dimensions, as one chain.
const image = kroneckerOfButterflies([fourier(30), fourier(40)]);
console.log(image.rows, image.matrix.chain.length); // 1200 7

// Files keep what is shared, and permutations.
const file = saveButterflies({ fft: fourier(1024), signs });
console.log(
  [...loadButterflies(file).keys()].join(" "),
  file.length < 100_000,
); // fft signs true
