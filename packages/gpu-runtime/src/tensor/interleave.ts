/** Numbers as pairs of their parts. */
export function interleave(re: Float32Array, im: Float32Array): Float32Array<ArrayBuffer> {
  const pairs = new Float32Array(2 * re.length);
  for (let index = 0; index < re.length; index++) {
    pairs[2 * index] = re[index] as number;
    pairs[2 * index + 1] = im[index] as number;
  }
  return pairs;
}
