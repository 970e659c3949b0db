import {
  type Butterfly,
  type DisposableStack,
  type FloatArray,
  PapilioError,
  type Verification,
} from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type Gpu, Tensor, tensor } from "@papilio/gpu-runtime";
import { having, requireShape } from "../arguments/checks.ts";
import type { Case } from "../cases/case.ts";
import type {
  DeviceProblem,
  DoubleProblem,
  Implementation,
  Prepared,
  Problem,
} from "../implementations/implementation.ts";
import type { ImplementationResult, Timing } from "../results/results.ts";
import type { MeasureOptions } from "./measure-options.ts";
import { createPoison, type Oracle } from "./oracle.ts";

const preparedShape = having("what can be run", "run", "bytes");

/** More copies of a small input than this are not made. */
const MAX_INPUTS = 64;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K] };

export interface Candidate {
  readonly implementation: Implementation;
  readonly prepared: Prepared;
  readonly timing: Mutable<Timing> & { repeats: number };
  result: ImplementationResult;
  /** Of a warm run. */
  seconds: number;
}

/** A case's vectors: on the host, and, with a device, on it. */
interface Place {
  readonly host: Problem | DoubleProblem;
  readonly device: DeviceProblem | undefined;
}

/** Inputs that exceed the cache together, as far as there is room, and the output. */
export function allocate(
  gpu: Gpu | undefined,
  { chain, batch, dtype, layout }: Case,
  oracle: Oracle,
  { cacheBytes }: MeasureOptions,
  held: DisposableStack,
): Place {
  const inputCountOf = (bytes: number): number =>
    Math.min(MAX_INPUTS, Math.floor(cacheBytes / bytes) + 1);
  if (dtype === "f64") {
    const hostInput = oracle.x as Float64Array;
    const inputCount = inputCountOf(hostInput.byteLength);
    const double = oracle.butterfly as Butterfly<Float64Array>;
    const host = { butterfly: double, shape: { batch, dtype, layout }, hostInput, inputCount };
    return { host, device: undefined };
  }
  const { adapter, dy: gradient } = oracle;
  const [butterfly, x] = [oracle.butterfly as Butterfly, oracle.x as Float32Array];
  const shape = { batch, dtype, layout };
  const inputCount = inputCountOf(x.length * FLOAT_FORMATS[dtype].bytes);
  const host = {
    ...{ butterfly, shape, hostInput: x, inputCount },
    ...(adapter && { adapter }),
  };
  if (gpu === undefined) return { host, device: undefined };
  const inputs = Array.from({ length: inputCount }, () =>
    held.use(tensor(gpu, x, { ...shape, features: chain.cols })),
  );
  if (gradient === undefined) {
    const y = held.use(new Tensor(gpu, { ...shape, features: chain.rows }));
    return { host, device: { ...host, gpu, inputs, y } };
  }
  const dy = held.use(tensor(gpu, gradient, { ...shape, features: chain.rows }));
  const values = { batch: 1, layout, dtype: "f32", features: chain.nonZeros } as const;
  const y = held.use(new Tensor(gpu, values));
  return { host, device: { ...host, gpu, inputs, y, dy } };
}

/** Verifies what a run writes to the device's output, which is filled with NaN before it. */
export interface Check {
  poison(): void;
  verify(implementation: Implementation, prepared: Prepared): Promise<Verification>;
  /** Of what rounds its operands: how far its output is from the product of them as they are. */
  distance(prepared: Prepared): Promise<number | undefined>;
}

export function createCheck({ device }: Place, oracle: Oracle): Check {
  const outputOf = async (prepared: Prepared): Promise<FloatArray> =>
    await (prepared.output?.() ?? (device as DeviceProblem).y.data());
  return {
    poison: device === undefined ? () => undefined : createPoison(device.y),
    verify: async (implementation, prepared) =>
      oracle.check(await outputOf(prepared), implementation, prepared.terms),
    distance: async (prepared) => oracle.distance?.(await outputOf(prepared)),
  };
}

/** What prepares an implementation; or why nothing does. */
function preparationOf(
  implementation: Implementation,
  { host, device }: Place,
): (() => Promise<Prepared>) | string {
  const isDouble = host.shape.dtype === "f64";
  if (implementation.processor !== "cpu") {
    if (isDouble) return "Adapters do not compute in double precision.";
    return device === undefined ? "There is no adapter." : () => implementation.prepare(device);
  }
  if (!isDouble) return () => implementation.prepare(host as Problem);
  if (implementation.prepareDouble === undefined) {
    return `${implementation.name} does not compute in double precision.`;
  }
  const prepareDouble = implementation.prepareDouble.bind(implementation);
  return () => prepareDouble(host as DoubleProblem);
}

/** An implementation that has run once, with what came of it; or why it could not. */
export async function prepareAndVerify(
  implementation: Implementation,
  { host, device }: Place,
  check: Check,
  held: DisposableStack,
  { onPrepare }: MeasureOptions,
): Promise<Candidate | string> {
  const prepare = preparationOf(implementation, { host, device });
  if (typeof prepare === "string") return prepare;
  let prepared: Prepared;
  let coldSeconds: number;
  let verification: Verification;
  let roundingError: number | undefined;
  onPrepare?.(implementation);
  check.poison();
  const started = performance.now();
  try {
    const made = await prepare();
    requireShape(`What ${implementation.name} prepares`, made, preparedShape);
    prepared = held.use(made);
    await prepared.run(1);
    coldSeconds = (performance.now() - started) / 1000;
    verification = await check.verify(implementation, prepared);
    if (implementation.rounded !== undefined) roundingError = await check.distance(prepared);
  } catch (error) {
    const usable = device === undefined || device.gpu.state === "ready";
    if (error instanceof PapilioError && usable) return error.message;
    throw error;
  }
  const timing = { coldSeconds, repeats: 1, wall: [], device: [], multiply: [], rewrite: [] };
  const { name } = implementation;
  return {
    implementation,
    prepared,
    timing,
    seconds: Number.POSITIVE_INFINITY,
    result: verification.ok
      ? {
          implementation: name,
          status: "timed",
          verification,
          ...(roundingError === undefined ? {} : { roundingError }),
          bytes: prepared.bytes,
          traffic: prepared.traffic ?? null,
          ...(prepared.plan === undefined ? {} : { plan: prepared.plan }),
          timing,
          energy: null,
        }
      : { implementation: name, status: "wrong", verification },
  };
}
