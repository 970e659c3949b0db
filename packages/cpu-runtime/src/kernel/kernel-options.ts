// Generated from assembly/kernel-options.ts by pnpm build:wasm; a test holds the two together.

/** The activation that leaves numbers as they are. */
export const IDENTITY = 0;
/** `max(0, x)`, and at most the parameter. */
export const RELU = 1;
/** `x` where positive, else the parameter times it. */
export const LEAKY_RELU = 2;
/** `x` where positive, else the parameter times `exp(x) - 1`. */
export const ELU = 3;
/** `x` times the normal distribution of it. */
export const GELU = 4;
/** The same by an approximation with tanh. */
export const GELU_TANH = 5;
/** `x / (1 + exp(-x))`. */
export const SILU = 6;
/** `1 / (1 + exp(-x))`. */
export const SIGMOID = 7;
/** The hyperbolic tangent. */
export const TANH = 8;
/** Numbers are not combined with others. */
export const ALONE = 0;
/** They are added to others. */
export const ADD = 1;
/** They are multiplied by others. */
export const MULTIPLY = 2;
