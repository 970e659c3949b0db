import { PapilioError } from "@papilio/butterfly";

/**
 * Refuses numbers that JSON has no words for.
 *
 * @throws PapilioError `LOGITS_INVALID`
 */
export function requireFinite(what: string, values: Float32Array): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return;
  throw new PapilioError(
    "LOGITS_INVALID",
    `Number ${wrong} of the ${what} is ${values[wrong]}.`,
    "Check the weights and the inputs; with f16, whose numbers end at 65504, try f32.",
  );
}

/** Numbers in single precision, little-endian. */
export function floatBytes(values: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) view.setFloat32(4 * index, value, true);
  return new Uint8Array(view.buffer);
}
