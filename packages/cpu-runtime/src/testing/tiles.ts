import { indexInTiles, tileCount, tileWidth } from "../kernels/layout.ts";

/** `[vectors, features]` in tiles; lanes without a vector hold NaN, which must reach no output. */
export function packTiles(rows: Float32Array, vectors: number, features: number): Float32Array {
  const width = tileWidth(vectors);
  const tiles = new Float32Array(tileCount(vectors) * width * features).fill(Number.NaN);
  for (let v = 0; v < vectors; v++) {
    for (let f = 0; f < features; f++) {
      tiles[indexInTiles(v, f, features, width)] = rows[v * features + f] as number;
    }
  }
  return tiles;
}

export function unpackTiles(tiles: Float32Array, vectors: number, features: number): Float32Array {
  const width = tileWidth(vectors);
  return Float32Array.from({ length: vectors * features }, (_, index) => {
    const [v, f] = [Math.floor(index / features), index % features];
    return tiles[indexInTiles(v, f, features, width)] as number;
  });
}
