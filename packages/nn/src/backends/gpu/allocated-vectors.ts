/** Batches of at least so many vectors are padded to whole loads. */
const PADDED_FROM = 16;
/** Vectors of a load. */
const LOAD = 4;

/** Vectors that have memory on a device: more than there are, so that every load is a whole one. */
export function allocatedVectors(vectors: number): number {
  return vectors < PADDED_FROM ? vectors : Math.ceil(vectors / LOAD) * LOAD;
}
