import { tileWidth } from "./layout";
import { TILE } from "./program";

/** Vectors in tiles, from one of them and one of their features on: of one sequence, of one head. */
@unmanaged
export class TiledVectors {
  /** The first feature, of the first vector of the first tile. */
  start: usize;
  /** From a tile to the next, and from a feature to the next. */
  tile: usize;
  step: usize;
  /** Where the first vector is, among all of them or in the pages. */
  first: i32;
  /** Which pages of so many vectors, whole tiles, follow one another; 0 where vectors do. */
  pages: usize;
  pageSize: i32;

  /** @param vectors all of them, as `features` are */
  set(tiles: usize, vectors: i32, features: i32, feature: i32, first: i32): void {
    this.pages = 0;
    const step = (<usize>tileWidth(vectors)) << 2;
    this.step = step;
    this.tile = <usize>features * step;
    this.start = tiles + <usize>feature * step;
    this.first = first;
  }

  /** The first feature of a vector. */
  at(index: i32): usize {
    let vector = this.first + index;
    if (this.pages !== 0) {
      const page = load<i32>(this.pages + ((<usize>(vector / this.pageSize)) << 2));
      vector = page * this.pageSize + (vector % this.pageSize);
    }
    // A narrower tile is the only one.
    return this.start + <usize>(vector / TILE) * this.tile + ((<usize>this.lane(index)) << 2);
  }

  /** The place of a vector in its tile. */
  lane(index: i32): i32 {
    return (this.first + index) % TILE;
  }

  /** The first vector of the tile after that of another one. */
  endOfTile(index: i32): i32 {
    return index + TILE - this.lane(index);
  }

  /**
   * Whether there are four of `count` vectors from `index` on in the same tile, whose features can be read and
   * written together.
   */
  fourTogether(index: i32, count: i32): bool {
    return count >= 4 && (this.lane(index) << 2) + 16 <= <i32>this.step;
  }
}
