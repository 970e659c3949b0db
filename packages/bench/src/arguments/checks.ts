import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import * as v from "valibot";
import { describeIssue } from "./describe-issue.ts";

/** What a value must be. */
export type Shape = v.GenericSchema<unknown>;

/**
 * Refuses a value that is not what TypeScript would have asked for.
 *
 * @param name it is called in the message: `"The options of compareRuns"`
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireShape(name: string, value: unknown, shape: Shape): void {
  const { success, issues } = v.safeParse(shape, value, { abortEarly: true });
  if (success) return;
  throw new PapilioError(
    "OPTION_INVALID",
    `${name} does not fit at ${describeIssue(issues[0])}.`,
    "Pass a value of the type that the function has in its documentation.",
  );
}

/** Where any number will do, NaN and infinities included. */
export const anyNumber: v.GenericSchema<unknown, number> = v.custom<number>(
  (value) => typeof value === "number",
  "it must be a number",
);

/** How many there are. */
export const count: Shape = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const callback: Shape = v.custom(
  (value) => typeof value === "function",
  "it must be a function",
);

export const signal: Shape = having("an AbortSignal", "aborted", "throwIfAborted");

export const gpu: Shape = having("a Gpu of openGpu", "device", "report", "memory");

export const dtype: Shape = v.picklist(["f32", "f16"]);

/** Of cases: the CPU multiplies in double precision too. */
export const caseDtype: Shape = v.picklist(["f32", "f16", "f64"]);

export const layout: Shape = v.picklist(LAYOUTS);

/** What a cost model takes of an adapter. */
export const rates: Shape = v.object({
  copyBytesPerSecond: v.number(),
  flopsPerSecond: v.number(),
  dispatchSeconds: v.number(),
});

/** An object that has these, whatever its class. */
export function having(wanted: string, ...members: readonly string[]): Shape {
  return v.custom(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      members.every((member) => (value as Record<string, unknown>)[member] !== undefined),
    `it must be ${wanted}`,
  );
}

/** An object of options, each of which may be absent. */
export function options(entries: Readonly<Record<string, Shape>>): Shape {
  const all = Object.fromEntries(
    Object.entries(entries).map(([name, shape]) => [name, v.optional(shape)]),
  );
  return v.pipe(
    v.custom<object>(
      (value) => typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value),
      "it must be an object of options",
    ),
    v.object(all),
  );
}
