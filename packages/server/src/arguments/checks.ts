import { PapilioError } from "@papilio/butterfly";
import * as v from "valibot";

/**
 * Refuses a value that is not what TypeScript would have asked for.
 *
 * @param name it is called in the message: `"The options of a server"`
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireShape(name: string, value: unknown, shape: v.GenericSchema): void {
  const { success, issues } = v.safeParse(shape, value, { abortEarly: true });
  if (success) return;
  const path = v.getDotPath(issues[0]);
  throw new PapilioError(
    "OPTION_INVALID",
    `${name}${path === null ? " do" : `: ${path} does`} not fit: ${issues[0].message.slice(0, 200)}.`,
    "Pass a value of the type that the function has in its documentation.",
  );
}

/** An object of options: no list, nor an array of numbers. */
export function optionsOf<T extends v.ObjectEntries>(entries: T): v.GenericSchema<unknown> {
  return v.pipe(
    v.custom<object>(
      (value) =>
        typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        !ArrayBuffer.isView(value),
      "it must be an object of options",
    ),
    v.object(entries),
  );
}
