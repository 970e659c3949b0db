import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import { bipolarCalls } from "./bipolar-calls.ts";
import { constructionCalls } from "./construction-calls.ts";
import { butterfly } from "./every-entry.ts";
import { scaleCalls } from "./scale-calls.ts";

const {
  Butterfly,
  ButterflyProduct,
  Chain,
  ComplexButterfly,
  ComplexKroneckerSparse,
  KroneckerSparse,
  Pattern,
  PermutedButterfly,
  RealTransform,
} = butterfly;

const pattern = new Pattern(1, 2, 2, 2);
const chain = Chain.squareDyadic(4);
const seed = { seed: 1 };
const factor = KroneckerSparse.random(pattern, seed);
const right = KroneckerSparse.random(new Pattern(2, 2, 2, 1), seed);
const matrix = Butterfly.random(chain, seed);
const complexFactor = ComplexKroneckerSparse.random(pattern, seed);
const complexRight = ComplexKroneckerSparse.random(new Pattern(2, 2, 2, 1), seed);
const complex = ComplexButterfly.random(chain, seed);
const exact = butterfly.fourier(4);
const product = new ButterflyProduct([exact]);
const real = new RealTransform(product);
const compiled = await butterfly.compile(matrix, butterfly.reference);
const compiledProduct = await butterfly.compile(product, butterfly.reference);
const compiledReal = await butterfly.compile(real, butterfly.reference);
const shape = { batch: 1, layout: "batch-first" } as const;
const x = Float32Array.of(1, 2, 3, 4);
const z = { re: x, im: x };
const doubles = Float64Array.of(1, 2, 3, 4);
const map = Uint32Array.of(1, 0, 3, 2);
const dense = matrix.dense();
const sampled = new butterfly.SampledProduct(matrix, x, { ...shape, dtype: "f32" }, [0]);
const { signal } = new AbortController();
const onProgress = (): void => undefined;
const running = { signal, onProgress, threads: 1 };
const npy = butterfly.writeNpy(x, [4]);
const tensor = { name: "w", dtype: "F32", shape: [4], values: x } as const;
const safetensors = butterfly.writeSafetensors([tensor], { of: "a test" });
const stored = { name: "w", dtype: "F32", shape: [1], bytes: new Uint8Array(4) };
const fewValues = butterfly.quantizeValues(x, [1, 1, 4, 1], "q4");
const moments = Float64Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 1 : 0.5));
const weighting = { moments, outputs: moments, signal };
const roundedFactors = await butterfly.roundButterfly(matrix, "q4");
const fewEntry = butterfly.fewBitsEntry("w", [4], fewValues);
const fewFile = butterfly.writeSafetensors(fewEntry.tensors, fewEntry.metadata);
const market = new TextEncoder().encode("%%MatrixMarket matrix array real general\n1 1\n2\n");
const rounding = {
  dtype: "f32",
  sums: "f32",
  terms: [2, 2],
  magnification: 1,
  roundedValues: { largestInput: 1 },
  subnormalOperands: 0,
} as const;

/** Valid calls of all public functions. */
export const calls: PublicCalls = {
  Pattern: () => create(Pattern, 1, 2, 2, 2),
  "Pattern.parse": () => call(Pattern.parse, "1,2,2,2"),
  "Pattern#equals": () => invoke(pattern, "equals", pattern),
  "Chain.of": () => call(Chain.of, [pattern]),
  "Chain.parse": () => call(Chain.parse, "1,2,2,2"),
  "Chain.squareDyadic": () => call(Chain.squareDyadic, 4),
  "Chain.monarch": () => call(Chain.monarch, { rows: 4, cols: 4, blocks: 2, rank: 1 }),
  "Chain.ofRadices": () => call(Chain.ofRadices, { rows: [2, 2], cols: [2, 2], rank: 1 }),
  "Chain#product": () => invoke(chain, "product", 0, 2),
  "Chain#isChainable": () => invoke(chain, "isChainable", 0, 2),
  "Chain#slice": () => invoke(chain, "slice", 0, 2),
  chainability: () => call(butterfly.chainability, pattern, right.pattern),
  cost: () => call(butterfly.cost, pattern, 1, "f32"),
  chainCost: () => call(butterfly.chainCost, chain, 1, "f32"),
  denseFlops: () => call(butterfly.denseFlops, pattern, 1),
  rewritingBytes: () => call(butterfly.rewritingBytes, "bmm", pattern, 1, "f32"),
  forEachNonZero: () => call(butterfly.forEachNonZero, pattern, () => undefined),
  isSupported: () => call(butterfly.isSupported, pattern, 0, 0),
  supportPicture: () => call(butterfly.supportPicture, pattern, 4),
  storedPattern: () => call(butterfly.storedPattern, pattern, { a: false, d: true }),

  KroneckerSparse: () =>
    create(KroneckerSparse, pattern, Float32Array.of(1, 2, 3, 4), { a: false, d: true }),
  "KroneckerSparse.random": () =>
    call(KroneckerSparse.random, pattern, { seed: 1, dtype: "float32" }),
  "KroneckerSparse.fromDense": () => call(KroneckerSparse.fromDense, pattern, factor.dense()),
  "KroneckerSparse#convert": () => invoke(factor, "convert", "float64"),
  "KroneckerSparse#map": () => invoke(factor, "map", (values: Float32Array) => values),
  "KroneckerSparse#matmul": () => invoke(factor, "matmul", right),
  "KroneckerSparse#withSharing": () => invoke(factor, "withSharing", { a: false, d: false }),
  "KroneckerSparse#superBlocks": () => invoke(factor, "superBlocks", 0, 1),
  Butterfly: () => create(Butterfly, [factor, right]),
  "Butterfly.random": () => call(Butterfly.random, chain, { seed: 1, dtype: "float32" }),
  "Butterfly#convert": () => invoke(matrix, "convert", "float64"),
  "Butterfly#merge": () => invoke(matrix, "merge", 0, 2),
  ComplexKroneckerSparse: () => create(ComplexKroneckerSparse, factor, factor),
  "ComplexKroneckerSparse.random": () =>
    call(ComplexKroneckerSparse.random, pattern, { seed: 1, dtype: "float32" }),
  "ComplexKroneckerSparse.fromReal": () => call(ComplexKroneckerSparse.fromReal, factor),
  "ComplexKroneckerSparse.fromDense": () =>
    call(ComplexKroneckerSparse.fromDense, pattern, complexFactor.dense()),
  "ComplexKroneckerSparse#convert": () => invoke(complexFactor, "convert", "float64"),
  "ComplexKroneckerSparse#matmul": () => invoke(complexFactor, "matmul", complexRight),
  ComplexButterfly: () => create(ComplexButterfly, [complexFactor, complexRight]),
  "ComplexButterfly.random": () =>
    call(ComplexButterfly.random, chain, { seed: 1, dtype: "float32" }),
  "ComplexButterfly.fromReal": () => call(ComplexButterfly.fromReal, matrix),
  "ComplexButterfly#convert": () => invoke(complex, "convert", "float64"),
  "ComplexButterfly#merge": () => invoke(complex, "merge", 0, 2),
  PermutedButterfly: () => create(PermutedButterfly, matrix, { left: map, right: map }),
  "PermutedButterfly#map": () => invoke(exact, "map", (one: unknown) => one),
  compile: () => call(butterfly.compile, matrix, butterfly.reference, {}),
  "compile, for the reference, #multiply": () =>
    invoke(compiled, "multiply", x, { ...shape }, { out: new Float32Array(4), signal }),
  "compile, for the reference, #plan": () => invoke(compiled, "plan", { ...shape }),
  "compile, for the reference, #terms": () => invoke(compiled, "terms", { ...shape }),
  "compile, of a product, #multiply": () =>
    invoke(
      compiledProduct,
      "multiply",
      { ...z },
      { ...shape },
      { out: { re: new Float32Array(4), im: new Float32Array(4) }, signal },
    ),
  "compile, of a product, #plan": () => invoke(compiledProduct, "plan", { ...shape }),
  "compile, of a product, #terms": () => invoke(compiledProduct, "terms", { ...shape }),
  "compile, of a real transform, #multiply": () =>
    invoke(compiledReal, "multiply", x, { ...shape }, { out: new Float32Array(4), signal }),
  "reference#compileMatrix": () => invoke(butterfly.reference, "compileMatrix", exact, {}),
  referenceProduct: () =>
    call(butterfly.referenceProduct, factor, x, { ...shape }, new Float32Array(4)),
  requireDisjoint: () => call(butterfly.requireDisjoint, x, new Float32Array(4)),
  withPermutations: () => call(butterfly.withPermutations, exact),
  balanceFactors: () => call(butterfly.balanceFactors, matrix),
  storableButterfly: () => call(butterfly.storableButterfly, matrix, "F16"),
  SampledProduct: () =>
    create(butterfly.SampledProduct, matrix, x, { ...shape, dtype: "f32" }, [0]),
  "SampledProduct#verify": () =>
    invoke(sampled, "verify", new Float32Array(4), { sums: "f32", terms: [2, 2] }),
  "SampledProduct#placeOf": () => invoke(sampled, "placeOf", 1),
  quantile: () => call(filled(butterfly.quantile), [1, 2], 0.5),
  ascending: () => call(butterfly.ascending, [2, 1]),
  median: () => call(filled(butterfly.median), [2, 1]),
  subnormalOperands: () =>
    call(butterfly.subnormalOperands, matrix, x, doubles, { ...shape, dtype: "f16" }),
  blockDiagonal: () => call(butterfly.blockDiagonal, factor),
  inputShuffle: () => call(butterfly.inputShuffle, pattern),
  outputShuffle: () => call(butterfly.outputShuffle, pattern),
  gatherFeatures: () => call(butterfly.gatherFeatures, map, x, new Float32Array(4), { ...shape }),
  invertPermutation: () => call(butterfly.invertPermutation, map),
  permuteFeatures: () => call(butterfly.permuteFeatures, map, x, { ...shape }),

  ButterflyProduct: () => create(ButterflyProduct, [exact], { input: map, output: map }),
  "ButterflyProduct#convert": () => invoke(product, "convert", "float32"),
  RealTransform: () => create(RealTransform, product),
  "RealTransform#convert": () => invoke(real, "convert", "float32"),
  ...constructionCalls,

  stridesOf: () => call(butterfly.stridesOf, { ...shape }, 4),
  requireVectors: () => call(butterfly.requireVectors, "input", 4, 4, 1),
  requireStorable: () => call(butterfly.requireStorable, x, "F16", "It"),
  requireParts: () => call(butterfly.requireParts, { ...z }),
  windowCount: () =>
    call(butterfly.windowCount, 4, { kernel: 2, stride: 2, padding: 0, dilation: 1 }),
  windowsOf: () =>
    call(butterfly.windowsOf, {
      ...{ height: 4, width: 4, kernel: [2, 2], stride: [2, 2] },
      ...{ padding: [0, 0], dilation: [1, 1] },
    }),
  dropoutKeeps: () => call(butterfly.dropoutKeeps, { rate: 0.5, stream: 0 }, 1),
  dropoutThreshold: () => call(butterfly.dropoutThreshold, 0.5),
  uniform: () => call(butterfly.uniform, 1),
  errorBound: () => call(butterfly.errorBound, 1, 1, { ...rounding }),
  verify: () => call(butterfly.verify, doubles, doubles, doubles, { ...rounding }),
  divideChain: () => call(butterfly.divideChain, 2, () => [{ stage: "one", cost: 1 }], 1),
  planArena: () => call(butterfly.planArena, [{ size: 16, first: 0, last: 1 }], 256),
  requireFactorRanges: () =>
    call(butterfly.requireFactorRanges, "The runs", [{ from: 0, to: 2 }], 0, 2),
  didYouMean: () => call(butterfly.didYouMean, "monach", ["monarch"]),
  formatBytes: () => call(butterfly.formatBytes, 1536),
  TimeSlicer: () => create(butterfly.TimeSlicer, signal),

  factorize: () =>
    call(butterfly.factorize, dense, chain, {
      tree: "balanced",
      bounds: true,
      ...running,
    }),
  factorizePermuted: () =>
    call(butterfly.factorizePermuted, dense, chain, {
      rows: ["identity"],
      columns: ["identity"],
      search: { trials: 1, seed: 1 },
      ...running,
    }),
  namedPermutation: () => call(butterfly.namedPermutation, "digit-reversal", 4, [2, 2]),
  refine: () =>
    call(butterfly.refine, dense, matrix, {
      inputs: x,
      sweeps: 1,
      tolerance: 0.1,
      signal,
      onProgress,
    }),
  relativeError: () => call(butterfly.relativeError, dense, matrix, signal),
  padMatrix: () => call(butterfly.padMatrix, dense, { rows: 4, cols: 4 }, { rows: 5, cols: 4 }),
  searchChains: () =>
    call(butterfly.searchChains, dense, 4, 4, {
      maxParameters: 1,
      maxError: 1,
      timeLimit: 60,
      pad: true,
      errorOf: () => 0,
      onFront: onProgress,
      onBest: onProgress,
      ...running,
    }),

  fileKind: () => call(butterfly.fileKind, npy),
  wrongKind: () => call(butterfly.wrongKind, npy, ["npy"], "a npy file"),
  isRealDtype: () => call(butterfly.isRealDtype, "F32"),
  encodeHalf: () => call(butterfly.encodeHalf, x, new Uint16Array(4)),
  formatOf: () => call(butterfly.formatOf, "f64"),
  decodeHalf: () => call(butterfly.decodeHalf, Uint16Array.of(1)),
  quantize: () => call(butterfly.quantize, x, "f16"),
  quantizeButterfly: () => call(butterfly.quantizeButterfly, matrix, "f16"),
  parseJsonText: () =>
    call(parsed(butterfly.parseJsonText), "[1]", {
      ...{ depth: 2, values: 9, bytes: 9, uniqueKeys: true },
    }),
  ByteReader: () => create(butterfly.ByteReader, npy),
  "ByteReader#copyTo": () => invoke(new butterfly.ByteReader(npy), "copyTo", new Uint8Array(4)),
  "ByteReader#drop": () => invoke(new butterfly.ByteReader(npy), "drop", 4),
  "ByteReader#take": () => invoke(new butterfly.ByteReader(npy), "take", 4),
  headOf: () => call(butterfly.headOf, [npy]),
  joinBytes: () => call(butterfly.joinBytes, npy),
  sizeOf: () => call(butterfly.sizeOf, [npy]),
  parseDecimal: () => call(butterfly.parseDecimal, Uint8Array.of(0x31, 0x32), 1),
  zeros: () => call(butterfly.zeros, "float32", 4),
  readNpy: () => call(butterfly.readNpy, npy),
  npyHeader: () => call(butterfly.npyHeader, "<f4", [4]),
  npyLayout: () => call(butterfly.npyLayout, npy, npy.length),
  npyType: () => call(butterfly.npyType, "<f4"),
  npyValues: () => call(butterfly.npyValues, { ...butterfly.readNpy(npy) }, "float32"),
  readNpyValues: () => call(butterfly.readNpyValues, npy, "float32"),
  writeNpy: () => call(butterfly.writeNpy, x, [4]),
  readSafetensors: () => call(butterfly.readSafetensors, safetensors),
  readSafetensorsHeader: () =>
    call(butterfly.readSafetensorsHeader, safetensors, safetensors.length),
  safetensorsHeaderBytes: () =>
    call(butterfly.safetensorsHeaderBytes, safetensors, safetensors.length),
  toReal: () => call(butterfly.toReal, { ...stored }, "float32"),
  toComplex: () =>
    call(butterfly.toComplex, { ...stored, dtype: "C64", bytes: new Uint8Array(8) }, "float32"),
  readSafetensorsTensor: () =>
    call(butterfly.readSafetensorsTensor, safetensors, () => "w", "float32"),
  writeSafetensors: () => call(butterfly.writeSafetensors, [{ ...tensor }], { of: "a test" }),
  saveButterflies: () =>
    call(
      butterfly.saveButterflies,
      { w: matrix },
      { dtype: "F16", metadata: { of: "a test" }, tensors: [{ ...tensor }] },
    ),
  loadButterflies: () =>
    call(butterfly.loadButterflies, butterfly.saveButterflies({ w: matrix }), "float32"),
  "loadButterflies, of a file that is open": () =>
    call(butterfly.loadButterflies, { ...butterfly.readSafetensors(safetensors) }, "float32"),
  ...bipolarCalls,
  quantizeValues: () => call(butterfly.quantizeValues, x, [1, 1, 4, 1], "q4"),
  dequantizeValues: () => call(butterfly.dequantizeValues, { ...fewValues }),
  scalesOfRows: () => call(butterfly.scalesOfRows, { ...fewValues }),
  quantizedBytes: () => call(butterfly.quantizedBytes, [1, 1, 4, 1], "q4"),
  packCodes: () => call(butterfly.packCodes, Uint8Array.of(1, 2), "q4"),
  unpackCodes: () => call(butterfly.unpackCodes, Uint8Array.of(1), "q4", 2),
  roundButterfly: () => call(butterfly.roundButterfly, matrix, "q4", { ...weighting }),
  roundingError: () => call(butterfly.roundingError, matrix, [...roundedFactors], { ...weighting }),
  ...scaleCalls,
  fewBitsEntry: () => call(butterfly.fewBitsEntry, "w", [4], { ...fewValues }),
  fewBitsTensors: () => {
    const { tensors, metadata } = butterfly.readSafetensors(fewFile);
    return call(butterfly.fewBitsTensors, tensors, metadata);
  },
  expandFewBits: () => call(butterfly.expandFewBits, { ...butterfly.readSafetensors(fewFile) }),
  readMatrixMarket: () => call(butterfly.readMatrixMarket, market),
  checkMatrixMarket: () => call(butterfly.checkMatrixMarket, market),
  readMatrixMarketValues: () => call(butterfly.readMatrixMarketValues, market, "float32"),
  matrixMarketValues: () =>
    call(butterfly.matrixMarketValues, { ...butterfly.readMatrixMarket(market) }, "float32"),
  fromValuesLayout: () => call(butterfly.fromValuesLayout, pattern, factor.values, "adcb"),
  toValuesLayout: () => call(butterfly.toValuesLayout, factor, "adcb"),
  fromMonarchPair: () =>
    call(
      butterfly.fromMonarchPair,
      { shape: [2, 2, 2], values: factor.values },
      { shape: [2, 2, 2], values: factor.values },
    ),
  toMonarchPair: () => call(butterfly.toMonarchPair, matrix),
  fromTwiddle: () => call(butterfly.fromTwiddle, { shape: [1, 1, 1, 1, 2, 2], values: x }, true),
  fromBlockTwiddle: () =>
    call(butterfly.fromBlockTwiddle, { shape: [1, 1, 1, 1, 2, 2, 1, 1], values: x }, true),
  toBlockTwiddle: () =>
    call(
      butterfly.toBlockTwiddle,
      butterfly.fromBlockTwiddle({ shape: [1, 1, 1, 1, 2, 2, 1, 1], values: x }, true),
      true,
    ),
  toTwiddle: () =>
    call(butterfly.toTwiddle, [[Butterfly.random(Chain.squareDyadic(2), seed)]], true),
};

/** Fixtures of the table, each of another class. */
export const objects = {
  pattern,
  chain,
  factor,
  matrix,
  complexFactor,
  complex,
  exact,
  product,
  real,
};

type Callable = (...values: never[]) => unknown;

/** What throws a SyntaxError by contract, as JSON.parse does: that is taken. */
function parsed(run: Callable): Callable {
  return excusing(SyntaxError, run);
}

/** Of what has no value without numbers, which is a RangeError by contract. */
function filled(run: Callable): Callable {
  return excusing(RangeError, run);
}

function excusing(expected: typeof SyntaxError | typeof RangeError, run: Callable): Callable {
  return (...values) => {
    try {
      return run(...values);
    } catch (error) {
      if (error instanceof expected) return undefined;
      throw error;
    }
  };
}
