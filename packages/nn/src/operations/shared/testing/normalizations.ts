/** Of vectors that are longer than epsilon, and shorter. */
export const NORMALIZATIONS = [
  { norm: "layer", epsilon: 1e-5 },
  { norm: "rms", epsilon: 1e-5 },
  { norm: "l2", epsilon: 1e-12 },
  { norm: "l2", epsilon: 100 },
] as const;
