/** What kernels are asked to do, by number. */

/** The activation that leaves numbers as they are. */
export const IDENTITY: i32 = 0;
/** `max(0, x)`, and at most the parameter. */
export const RELU: i32 = 1;
/** `x` where positive, else the parameter times it. */
export const LEAKY_RELU: i32 = 2;
/** `x` where positive, else the parameter times `exp(x) - 1`. */
export const ELU: i32 = 3;
/** `x` times the normal distribution of it. */
export const GELU: i32 = 4;
/** The same by an approximation with tanh. */
export const GELU_TANH: i32 = 5;
/** `x / (1 + exp(-x))`. */
export const SILU: i32 = 6;
/** `1 / (1 + exp(-x))`. */
export const SIGMOID: i32 = 7;
/** The hyperbolic tangent. */
export const TANH: i32 = 8;

/** Numbers are not combined with others. */
export const ALONE: i32 = 0;
/** They are added to others. */
export const ADD: i32 = 1;
/** They are multiplied by others. */
export const MULTIPLY: i32 = 2;

/** `(x - mean) / √(variance + epsilon)` */
export const LAYER_NORM: i32 = 0;
/** `x / √(mean of x² + epsilon)` */
export const RMS_NORM: i32 = 1;
/** `x / max(‖x‖, epsilon)` */
export const L2_NORM: i32 = 2;

/** Numbers are added. */
export const SUM: i32 = 0;
/** Their sum is divided by how many there are. */
export const MEAN: i32 = 1;
/** The largest is taken. */
export const LARGEST: i32 = 2;

/** Adam with decoupled weight decay. */
export const ADAMW: i32 = 0;
/** Descent along a momentum. */
export const MOMENTUM: i32 = 1;
/** Adam, the decay added to gradients. */
export const ADAM: i32 = 2;

/** Codes of weights are whole numbers, half of them negative. */
export const WHOLE: i32 = 0;
/** They are odd numbers, as many negative as positive. */
export const BIPOLAR: i32 = 1;
/** They are floating-point numbers of eight bits, four of them an exponent. */
export const E4M3: i32 = 2;
/** The same with five bits of exponent. */
export const E5M2: i32 = 3;
