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
/** `(x - mean) / √(variance + epsilon)` */
export const LAYER_NORM = 0;
/** `x / √(mean of x² + epsilon)` */
export const RMS_NORM = 1;
/** `x / max(‖x‖, epsilon)` */
export const L2_NORM = 2;
/** Numbers are added. */
export const SUM = 0;
/** Their sum is divided by how many there are. */
export const MEAN = 1;
/** The largest is taken. */
export const LARGEST = 2;
/** Adam with decoupled weight decay. */
export const ADAMW = 0;
/** Descent along a momentum. */
export const MOMENTUM = 1;
/** Adam, the decay added to gradients. */
export const ADAM = 2;
/** Codes of weights are whole numbers, half of them negative. */
export const WHOLE = 0;
/** They are odd numbers, as many negative as positive. */
export const BIPOLAR = 1;
/** They are floating-point numbers of eight bits, four of them an exponent. */
export const E4M3 = 2;
/** The same with five bits of exponent. */
export const E5M2 = 3;
