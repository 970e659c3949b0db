import { call, type PublicCalls } from "@papilio/public-arguments";
import { butterfly } from "./every-entry.ts";

const exact = butterfly.fourier(4);
const x = Float32Array.of(1, 2, 3, 4);
const z = { re: x, im: x };
const doubles = Float64Array.of(1, 2, 3, 4);
const map = Uint32Array.of(1, 0, 3, 2);

/** Valid calls of what constructs matrices. */
export const constructionCalls: PublicCalls = {
  bitReversal: () => call(butterfly.bitReversal, 4),
  grayCode: () => call(butterfly.grayCode, 4),
  reversal: () => call(butterfly.reversal, 4),
  evenThenOdd: () => call(butterfly.evenThenOdd, 4),
  evenThenOddDescending: () => call(butterfly.evenThenOddDescending, 4),
  composePermutations: () => call(butterfly.composePermutations, map, map),
  permutation: () => call(butterfly.permutation, map),
  digitReversal: () => call(butterfly.digitReversal, [2, 3]),
  transposition: () => call(butterfly.transposition, 2, 3),
  waveletOrder: () => call(butterfly.waveletOrder, 4, 1),
  fourier: () => call(butterfly.fourier, 4, { orthonormal: true, radices: [2, 2] }),
  inverseFourier: () => call(butterfly.inverseFourier, 4, { orthonormal: true, radices: [2, 2] }),
  fourierButterfly: () =>
    call(butterfly.fourierButterfly, 4, { orthonormal: true, radices: [2, 2] }),
  chirpFourier: () => call(butterfly.chirpFourier, 3, { orthonormal: true }),
  hadamard: () => call(butterfly.hadamard, 4, { orthonormal: true }),
  walsh: () => call(butterfly.walsh, 4, { orthonormal: true }),
  cosine: () => call(butterfly.cosine, 4, 2, { orthonormal: true }),
  sine: () => call(butterfly.sine, 4, 2, { orthonormal: true }),
  hartley: () => call(butterfly.hartley, 4, { orthonormal: true }),
  circulant: () => call(butterfly.circulant, { ...z }),
  toeplitz: () => call(butterfly.toeplitz, x, x),
  hankel: () => call(butterfly.hankel, x, x),
  convolution: () => call(butterfly.convolution, x, 8, "full"),
  channelConvolution: () =>
    call(butterfly.channelConvolution, { shape: [2, 1, 2], values: x }, [3], {
      mode: "same",
      correlate: true,
    }),
  kroneckerProduct: () => call(butterfly.kroneckerProduct, [{ rows: 2, cols: 2, values: doubles }]),
  kroneckerOfButterflies: () => call(butterfly.kroneckerOfButterflies, [exact, exact]),
  realButterfly: () => call(butterfly.realButterfly, butterfly.cosine(4, 2)),
  haar: () => call(butterfly.haar, 4, { levels: 1 }),
  daubechies4: () => call(butterfly.daubechies4, 4, { levels: 1 }),
  hadamardDiagonals: () => call(butterfly.hadamardDiagonals, [doubles], { orthonormal: true }),
  fastfood: () =>
    call(
      butterfly.fastfood,
      { scale: doubles, gaussian: doubles, permutation: map, signs: doubles },
      { orthonormal: true },
    ),
  acdc: () => call(butterfly.acdc, [{ a: doubles, d: doubles }]),
  randomOrthogonal: () => call(butterfly.randomOrthogonal, butterfly.Chain.monarch(4), { seed: 1 }),
  cayleyTransform: () => call(butterfly.cayleyTransform, doubles, 2),
  oftRotation: () => call(butterfly.oftRotation, doubles, 2),
  boftRotation: () =>
    call(butterfly.boftRotation, doubles, { size: 2, factors: 1, order: "halves" }),
  rootOfUnity: () => call(butterfly.rootOfUnity, 1, 4),
};
