import { parseJsonText } from "@papilio/butterfly/files";
import * as v from "valibot";
import { invalid } from "./request-error.ts";

/** Brackets within brackets that requests have, at most. */
const DEPTH = 16;

/**
 * A JSON body, or the part of one, as a schema has it.
 *
 * @throws PapilioError `REQUEST_INVALID`
 */
export function readJson<S extends v.GenericSchema>(body: Uint8Array, schema: S): v.InferOutput<S> {
  let value: unknown;
  try {
    value = parseJsonText(body, { depth: DEPTH });
  } catch (cause) {
    throw invalid(`The body is not JSON: ${(cause as Error).message}.`);
  }
  if (Array.isArray(value)) throw invalid("The body is a list, but it must be an object.");
  const { success, issues, output } = v.safeParse(schema, value, { abortEarly: true });
  if (success) return output;
  const param = v.getDotPath(issues[0]);
  throw invalid(
    `${param === null ? "The body" : `The field ${param.slice(0, 100)}`} does not fit: ${issues[0].message.slice(0, 200)}.`,
    param?.slice(0, 100) ?? null,
  );
}
