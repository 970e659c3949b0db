import {
  Butterfly,
  Chain,
  compile,
  KroneckerSparse,
  LAYOUTS,
  PapilioError,
  Pattern,
} from "@papilio/butterfly";
import { uniform } from "@papilio/butterfly/numeric";
import { type Gpu, type InputShape, Tensor, tensor } from "@papilio/gpu-runtime";
import { Program, prepareBmm, prepareButterfly } from "@papilio/gpu-runtime/kernels";
import { measureRates, rankPlans } from "@papilio/gpu-runtime/planning";
import { stored, verifyProduct } from "../../packages/gpu-runtime/src/testing/run-butterfly.ts";
import { draw } from "../../packages/gpu-runtime/src/testing/vectors-in-memory.ts";

/** Random choices of a soak, from one seed. */
export interface Chance {
  integer(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T;
}

export function chance(seed: number): Chance {
  const next = uniform(seed);
  const unit = (): number => (next() + 1) / 2;
  const integer = (least: number, most: number): number =>
    least + Math.min(most - least, Math.floor(unit() * (most - least + 1)));
  return { integer, pick: (choices) => choices[integer(0, choices.length - 1)] as never };
}

/** Something that people do with the runtime. @returns what is wrong with its answer, or undefined */
export type Operation = (gpu: Gpu, random: Chance) => Promise<string | undefined>;

/** Thrown by an operation that stopped itself. */
export const STOPPED = new Error("stopped on purpose");

function drawShape(gpu: Gpu, random: Chance): InputShape {
  return {
    batch: random.integer(1, 200),
    layout: random.pick(LAYOUTS),
    dtype: gpu.report.features.f16 ? random.pick(["f32", "f16"]) : "f32",
  };
}

function drawChain(random: Chance): Chain {
  return random.pick([
    () => Chain.squareDyadic(2 ** random.integer(2, 6)),
    () => Chain.monarch(random.pick([16, 36, 64, 100])),
    () => Chain.monarch({ rows: 48, cols: 96, blocks: 8, rank: random.integer(1, 2) }),
    () => Chain.parse("2,3,4,6;4,4,2,3"),
  ])();
}

function drawPattern(random: Chance): Pattern {
  const side = (): number => random.pick([1, 2, 3, 4, 8, 16, 20]);
  return new Pattern(random.integer(1, 4), side(), side(), random.integer(1, 8));
}

function judge(
  butterfly: Butterfly,
  x: Float32Array,
  y: Float32Array,
  shape: InputShape,
  terms: readonly number[],
): string | undefined {
  const { ok, maxRatio, nonFinite } = verifyProduct(butterfly, x, y, shape, terms);
  if (ok) return undefined;
  return `${butterfly.chain} ${JSON.stringify(shape)}: ${maxRatio} times the bound, ${nonFinite} not finite`;
}

/** A tensor in, a tensor out. */
async function multiplyTensor(gpu: Gpu, random: Chance): Promise<string | undefined> {
  const shape = drawShape(gpu, random);
  const matrix = stored(
    new Butterfly([KroneckerSparse.random(drawPattern(random), { seed: 1 })]),
    shape,
  );
  const { cols, patterns } = matrix.chain;
  const values = draw(shape.batch * cols, shape.dtype);
  using weights = await compile(matrix, gpu);
  using x = tensor(gpu, values, { ...shape, features: cols });
  using y = await weights.multiply(x);
  return judge(
    matrix,
    values,
    await y.data(),
    shape,
    patterns.map(({ c }) => c),
  );
}

/** A chain by any plan, run several times, in an arena. */
async function runPlan(gpu: Gpu, random: Chance): Promise<string | undefined> {
  const shape = drawShape(gpu, random);
  const matrix = stored(Butterfly.random(drawChain(random), { seed: 2 }), shape);
  const { rows, cols } = matrix.chain;
  const values = draw(shape.batch * cols, shape.dtype);
  const { plan } = random.pick(rankPlans(gpu.report, matrix.chain, shape));
  using multiplication = prepareButterfly(gpu, matrix, shape, { plan });
  using x = tensor(gpu, values, { ...shape, features: cols });
  using y = new Tensor(gpu, { ...shape, features: rows });
  using program = await Program.record(gpu, multiplication.steps(x, y));
  await Program.complete(Array.from({ length: random.integer(1, 4) }, () => program));
  return judge(matrix, values, await y.data(), shape, multiplication.terms);
}

/** Programs that share an arena. */
async function runPrograms(gpu: Gpu, random: Chance): Promise<string | undefined> {
  const shape = drawShape(gpu, random);
  const factor = KroneckerSparse.random(drawPattern(random), { seed: 3 });
  const matrix = stored(new Butterfly([factor]), shape);
  const { rows, cols, patterns } = matrix.chain;
  const values = draw(shape.batch * cols, shape.dtype);
  using multiplication = prepareBmm(gpu, matrix.factors[0] as KroneckerSparse, shape);
  using x = tensor(gpu, values, { ...shape, features: cols });
  using y = new Tensor(gpu, { ...shape, features: rows });
  using z = new Tensor(gpu, { ...shape, features: rows });
  const programs = await Program.recordAll(
    gpu,
    [y, z].map((output) => multiplication.steps(x, output)),
  );
  try {
    await Program.complete(programs);
    const terms = patterns.map(({ c }) => c);
    return (
      judge(matrix, values, await y.data(), shape, terms) ??
      judge(matrix, values, await z.data(), shape, terms)
    );
  } finally {
    for (const program of programs) program.dispose();
  }
}

/** Numbers of vectors in a row, at most: a driver on the CPU takes a second for the kernels of each. */
const MOST_BATCHES = 32;

/** One matrix by one number of vectors after the other, each with kernels of its own. */
async function manyBatches(gpu: Gpu, random: Chance): Promise<string | undefined> {
  const shape = drawShape(gpu, random);
  const matrix = stored(Butterfly.random(drawChain(random), { seed: 5 }), shape);
  const { cols, patterns } = matrix.chain;
  // Whatever the plan: sums of at most so many products, one after the other.
  const terms = patterns.flatMap(({ c }) => [c, cols, 1]);
  using weights = await compile(matrix, gpu);
  const batches = random.integer(2, MOST_BATCHES);
  for (let batch = shape.batch; batch < shape.batch + batches; batch++) {
    const values = draw(batch * cols, shape.dtype);
    using x = tensor(gpu, values, { ...shape, batch, features: cols });
    using y = await weights.multiply(x);
    const wrong = judge(matrix, values, await y.data(), { ...shape, batch }, terms);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Vectors on the host, in micro-batches, some of them stopped on the way. */
async function applyToHost(gpu: Gpu, random: Chance): Promise<string | undefined> {
  const shape = { ...drawShape(gpu, random), batch: random.integer(1, 1000) };
  const matrix = stored(Butterfly.random(drawChain(random), { seed: 4 }), shape);
  const values = draw(shape.batch * matrix.chain.cols, shape.dtype);
  using weights = await compile(matrix, gpu);
  const controller = new AbortController();
  const stops = random.integer(0, 3) === 0;
  const y = await weights.multiply(values, shape, {
    microBatch: random.integer(1, 300),
    signal: controller.signal,
    onProgress: () => {
      if (stops) controller.abort(STOPPED);
    },
  });
  // Whatever the plan: sums of at most so many products, one after the other.
  const terms = matrix.chain.patterns.flatMap(({ c }) => [c, matrix.chain.cols, 1]);
  return judge(matrix, values, y, shape, terms);
}

/** A measurement that somebody stops, or loses patience with. */
async function stopMeasuring(gpu: Gpu, random: Chance): Promise<string | undefined> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(STOPPED), random.integer(0, 200));
  try {
    const rates = await measureRates(gpu, { signal: controller.signal });
    const positive = Object.values(rates).every((rate) => rate > 0);
    return positive ? undefined : JSON.stringify(rates);
  } finally {
    clearTimeout(timer);
  }
}

/** A request that no budget of a soak allows. */
function askForTooMuch(gpu: Gpu): Promise<undefined> {
  try {
    new Tensor(gpu, { batch: 2 ** 20, features: 2 ** 10, layout: "batch-first" }).dispose();
    return Promise.reject(new Error("4 GiB were given"));
  } catch (error) {
    const refused =
      error instanceof PapilioError && ["MEMORY_BUDGET", "BUFFER_TOO_LARGE"].includes(error.code);
    return refused ? Promise.resolve(undefined) : Promise.reject(error);
  }
}

export const operations: Readonly<Record<string, Operation>> = {
  multiplyTensor,
  runPlan,
  runPrograms,
  applyToHost,
  manyBatches,
  stopMeasuring,
  askForTooMuch,
};
