import { type DisposableStack, PapilioError, type Verification } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type Gpu, Tensor, tensor } from "@papilio/gpu-runtime";
import { having, requireShape } from "../arguments/checks.ts";
import type { Case } from "../cases/case.ts";
import type {
  DeviceProblem,
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
  readonly host: Problem;
  readonly device: DeviceProblem | undefined;
}

/** Inputs that exceed the cache together, as far as there is room, and the output. */
export function allocate(
  gpu: Gpu | undefined,
  { chain, batch, dtype, layout }: Case,
  { butterfly, adapter, x, dy: gradient }: Oracle,
  { cacheBytes }: MeasureOptions,
  held: DisposableStack,
): Place {
  const shape = { batch, dtype, layout };
  const bytes = x.length * FLOAT_FORMATS[dtype].bytes;
  const inputCount = Math.min(MAX_INPUTS, Math.floor(cacheBytes / bytes) + 1);
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
}

export function createCheck({ device }: Place, oracle: Oracle): Check {
  return {
    poison: device === undefined ? () => undefined : createPoison(device.y),
    verify: async (implementation, prepared) =>
      oracle.check(
        await (prepared.output?.() ?? (device as DeviceProblem).y.data()),
        implementation,
        prepared.terms,
      ),
  };
}

/** An implementation that has run once, with what came of it; or why it could not. */
export async function prepareAndVerify(
  implementation: Implementation,
  { host, device }: Place,
  check: Check,
  held: DisposableStack,
  { onPrepare }: MeasureOptions,
): Promise<Candidate | string> {
  if (device === undefined && implementation.processor !== "cpu") return "There is no adapter.";
  let prepared: Prepared;
  let coldSeconds: number;
  let verification: Verification;
  onPrepare?.(implementation);
  check.poison();
  const started = performance.now();
  try {
    const made = await (implementation.processor === "cpu"
      ? implementation.prepare(host)
      : implementation.prepare(device as DeviceProblem));
    requireShape(`What ${implementation.name} prepares`, made, preparedShape);
    prepared = held.use(made);
    await prepared.run(1);
    coldSeconds = (performance.now() - started) / 1000;
    verification = await check.verify(implementation, prepared);
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
          bytes: prepared.bytes,
          traffic: prepared.traffic ?? null,
          ...(prepared.plan === undefined ? {} : { plan: prepared.plan }),
          timing,
          energy: null,
        }
      : { implementation: name, status: "wrong", verification },
  };
}
