import type { BatchShape } from "@papilio/butterfly";

/** Vectors `start` to `start + count - 1` of a batch on the host, in the same layout. */
export function takeVectors(
  from: Float32Array,
  { batch, layout }: BatchShape,
  features: number,
  start: number,
  count: number,
): Float32Array {
  if (layout === "batch-first") {
    return from.subarray(start * features, (start + count) * features);
  }
  if (count === batch) return from;
  const part = new Float32Array(count * features);
  for (let feature = 0; feature < features; feature++) {
    const row = feature * batch + start;
    part.set(from.subarray(row, row + count), feature * count);
  }
  return part;
}

/** Puts vectors where they belong in a batch: the reverse of {@link takeVectors}. */
export function putVectors(
  part: Float32Array,
  into: Float32Array,
  { batch, layout }: BatchShape,
  features: number,
  start: number,
): void {
  if (layout === "batch-first") {
    into.set(part, start * features);
    return;
  }
  const count = part.length / features;
  for (let feature = 0; feature < features; feature++) {
    into.set(part.subarray(feature * count, (feature + 1) * count), feature * batch + start);
  }
}
