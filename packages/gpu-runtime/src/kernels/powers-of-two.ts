/** The largest power of two up to `limit`, which is at least 1. */
export function powerOfTwoUpTo(limit: number): number {
  return 2 ** Math.floor(Math.log2(limit));
}
