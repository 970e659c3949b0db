import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { measureBundle } from "./bundle.ts";

/** It depends on all packages. */
const root = resolve(import.meta.dirname, "../../../../apps/docs");

const ALL_OF_BUTTERFLY = [
  "",
  "/constructions",
  "/errors",
  "/factorization",
  "/files",
  "/matrix",
  "/numeric",
  "/pattern",
  "/planning",
  "/rounding",
  "/threads",
]
  .map((entry) => `export * from "@papilio/butterfly${entry}";`)
  .join("\n");

const ALL_OF_BENCH = ["", "/analysis", "/models", "/results", "/select", "/traffic"]
  .map((entry) => `export * from "@papilio/bench${entry}";`)
  .join("\n");

const ALL_OF_GPU_RUNTIME = ["", "/kernels", "/memory", "/planning", "/tuning"]
  .map((entry) => `export * from "@papilio/gpu-runtime${entry}";`)
  .join("\n");

const ALL_OF_NN = [
  "",
  "/adjacency",
  "/backends",
  "/conversion",
  "/graph",
  "/layers",
  "/models",
  "/onnx",
  "/operations",
  "/placement",
  "/tokenizers",
  "/training",
  "/weights",
]
  .map((entry) => `export * from "@papilio/nn${entry}";`)
  .join("\n");

/**
 * Most bytes, minified and compressed, a tenth to a fifth above what they are. Raise one with its reason. Those of gpu-runtime
 * have 1,500 bytes for weights of every type of few bits, those of cpu-runtime 7,300, and what has both 8,400.
 */
const BUDGETS: readonly [what: string, source: string, bytes: number][] = [
  // With the checks of every argument and their messages, 300 bytes, and what products that form no chainable chain
  // refuse, 250: of the first two.
  ["patterns alone", `export { Chain, Pattern } from "@papilio/butterfly";`, 3_750],
  // Of complex matrices too, and of products of several: 2,000 bytes.
  [
    "factors and what their products are",
    `export { Butterfly } from "@papilio/butterfly"; export { referenceProduct } from "@papilio/butterfly/matrix";`,
    13_400,
  ],
  // Of every kind of matrix, as what is compiled may be any.
  [
    "multiplication by the reference",
    `export { Butterfly, compile, reference } from "@papilio/butterfly";`,
    16_000,
  ],
  // With the products of complex factors, which those of real ones come with, 300 bytes; with closed forms for two
  // rows, few eigenvalues by bisection, and threads and memory that stay for the next one, 8,000; with transpositions
  // by tiles, and sums whose order threads do not change, 900.
  ["factorization", `export { factorize } from "@papilio/butterfly/factorization";`, 41_000],
  ["the root of butterfly", `export * from "@papilio/butterfly";`, 17_500],
  // With the reference that some are computed by, 12,500 bytes.
  ["exact constructions", `export * from "@papilio/butterfly/constructions";`, 23_000],
  // With transforms of any size, wavelets, layers and twiddles of blocks, 8,000 bytes, and what factorization in a
  // time limit takes. With rounding to few bits for a whole product, and rotations of adapters, 5,000;
  // with errors of its outputs that are weighted, 1,700.
  ["all of butterfly", ALL_OF_BUTTERFLY, 92_000],
  // With the kernels of whole models and of their training, for engines with relaxed SIMD and for others: 75,000
  // bytes, here and below; with those of weights of few bits, and their mathematics, 6,500; with products in
  // double precision, 4,500; with products of bipolar numbers, 3,200, and with splits of small matrices at once, 6,500,
  // of nn and bench too.
  [
    "multiplication on the CPU",
    `export { compile } from "@papilio/butterfly"; export { cpu } from "@papilio/cpu-runtime";`,
    162_000,
  ],
  ["all of cpu-runtime", `export * from "@papilio/cpu-runtime";`, 172_000],
  // Real and complex, between permutations or not, as a Gpu compiles any matrix: 9,000 bytes; and on matrix
  // units where the device has them, so that the three of gpu-runtime keep a tenth above what they are. With weights of
  // few bits and how they are rounded, 3,600.
  [
    "multiplication on the GPU",
    `export { compile } from "@papilio/butterfly"; export { openGpu, tensor } from "@papilio/gpu-runtime";`,
    71_000,
  ],
  ["the root of gpu-runtime", `export * from "@papilio/gpu-runtime";`, 75_500],
  // With losses and gradients: 9,000 bytes; of nn and bench 16,000, those of the CPU among them.
  // With attention and fused ranges on matrix units: 4,200 bytes, of nn and bench 4,000.
  ["all of gpu-runtime", ALL_OF_GPU_RUNTIME, 118_500],
  // With steps of training within programs of the CPU and of devices: 4,000 bytes.
  ["the root of nn", `export * from "@papilio/nn";`, 305_000],
  // With tokenizers of its own, and the parser of the regular expressions that they are given; with training, its tasks and
  // its checkpoints, 18,000 bytes; with adapters, pages of keys and values, and rounding by moments, 20,000.
  ["all of nn", ALL_OF_NN, 443_000],
  // With packed weights that shapes share, and the checks of gpu-runtime's arguments: 2,000 bytes; with weights of few
  // bits on the CPU, 6,500.
  // With double precision, and suites of adapters and of bytes moved: 3,000.
  ["the root of bench", `export * from "@papilio/bench";`, 240_000],
  // With the backends of nn, and what they train by.
  // With the count of bytes moved, which translates kernels and prepares them as a Gpu does: 15,000 bytes; with steps of
  // training and double precision, 6,500.
  ["all of bench", ALL_OF_BENCH, 368_000],
  // With models and tokenizers of nn, the router, the templates of chats, and the checks of requests.
  ["the root of server", `export * from "@papilio/server";`, 336_000],
];

describe("bundles for browsers", () => {
  it.each(BUDGETS)("%s stays within its budget", async (what, source, budget) => {
    const { bytes, gzip } = await measureBundle(root, source);
    console.log(`Bundle of ${what}: ${gzip} bytes compressed, ${bytes} before`);
    expect(gzip).toBeLessThanOrEqual(budget);
    // A budget that nothing comes near to guards nothing.
    expect(gzip).toBeGreaterThan(0.7 * budget);
  });

  it("that import patterns alone hold nothing of the rest", async () => {
    const { modules } = await measureBundle(
      root,
      `export { Chain, Pattern } from "@papilio/butterfly";`,
    );
    const names = modules.map((id) => id.replace(/^.*\/butterfly\/dist\//, ""));
    expect(names.toSorted()).toEqual([
      // What classes of all packages name methods by, where an engine lacks it: a few lines.
      "disposal/dispose-symbols.js",
      "errors/argument-checks.js",
      "errors/describe-value.js",
      "errors/matrix-checks.js",
      "errors/papilio-error.js",
      "pattern/chain.js",
      "pattern/chainability.js",
      "pattern/pattern.js",
      "pattern/presets.js",
    ]);
  });
});
