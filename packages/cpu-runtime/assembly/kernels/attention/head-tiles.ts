import { tileWidth } from "../../layout";
import { TILE } from "../../program";

/** The features of one head, of the vectors of one sequence, which lie in tiles. */
@unmanaged
export class HeadTiles {
  /** The first feature of the head, of the first vector of the first tile. */
  start: usize;
  /** From a tile to the next, and from a feature to the next. */
  tile: usize;
  step: usize;
  /** Where the first vector of the sequence is. */
  first: i32;

  /** @param features of all heads */
  set(tiles: usize, vectors: i32, features: i32, head: i32, headFeatures: i32, first: i32): void {
    const step = (<usize>tileWidth(vectors)) << 2;
    this.step = step;
    this.tile = <usize>features * step;
    this.start = tiles + <usize>(head * headFeatures) * step;
    this.first = first;
  }

  /** The first feature of a vector of the sequence. */
  at(index: i32): usize {
    const vector = this.first + index;
    // A narrower tile is the only one.
    return this.start + <usize>(vector / TILE) * this.tile + ((<usize>this.lane(index)) << 2);
  }

  /** The place of a vector in its tile. */
  lane(index: i32): i32 {
    return (this.first + index) % TILE;
  }

  /** The first vector of the sequence that is in the tile after that of another one. */
  endOfTile(index: i32): i32 {
    return index + TILE - this.lane(index);
  }

  /**
   * How many of the vectors from `index` on, at most four, are a register: the features of that many can be
   * read and written together.
   */
  inRegister(index: i32, count: i32): bool {
    return count >= 4 && (this.lane(index) << 2) + 16 <= <i32>this.step;
  }
}
