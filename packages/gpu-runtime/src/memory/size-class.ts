const SMALLEST = 256;

/**
 * Bytes that a buffer of the pool has for a request of so many: four sizes for each power of two, so
 * that less than a quarter of a request is padding, and nothing below 256.
 */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}
