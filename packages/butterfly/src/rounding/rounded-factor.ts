import { KroneckerSparse } from "../matrix/kronecker-sparse.ts";
import { CODE_GRIDS, type CodeGrid, type FewBits } from "../numeric/code-grids.ts";
import type { QuantizedValues } from "../numeric/few-bits.ts";
import { forEachGroup, GROUP, groupOf, groupsOf, type Sizes } from "../numeric/few-bits-groups.ts";
import { toHalf } from "../numeric/half-precision.ts";
import type { Pattern } from "../pattern/pattern.ts";
import { nearest, searchScale } from "./grid.ts";

/** A factor while it is rounded: numbers of a grid, and a scale of each group of them. */
export class RoundedFactor {
  readonly pattern: Pattern;
  readonly dtype: FewBits;
  readonly grid: CodeGrid;
  readonly numbers: Float64Array;
  readonly scales: Float64Array;
  /** Places of the values of each group. */
  readonly groups: readonly Int32Array[];
  /** Of each value. */
  readonly groupAt: Int32Array;

  /**
   * Each value rounded to the nearest, with the scales that {@link searchScale} finds.
   *
   * @param weights of the values' squared errors; equal unless given
   */
  constructor(pattern: Pattern, dtype: FewBits, values: Float64Array, weights?: Float64Array) {
    this.pattern = pattern;
    this.dtype = dtype;
    this.grid = CODE_GRIDS[dtype];
    const { sizes } = this;
    const group = groupOf(sizes);
    const groups: Int32Array[] = [];
    this.numbers = new Float64Array(values.length);
    this.groupAt = new Int32Array(values.length);
    this.scales = new Float64Array(groupsOf(sizes, group));
    forEachGroup(sizes, group, (index, visit) => {
      const places: number[] = [];
      visit((at) => {
        places.push(at);
        this.groupAt[at] = index;
      });
      groups.push(Int32Array.from(places));
    });
    this.groups = groups;
    const ones = new Float64Array(GROUP).fill(1);
    for (const [index, places] of groups.entries()) {
      const own = Float64Array.from(places, (at) => values[at] as number);
      const ownWeights = weights && Float64Array.from(places, (at) => weights[at] as number);
      this.scales[index] = searchScale(own, ownWeights ?? ones, this.grid);
    }
    for (let at = 0; at < values.length; at++) {
      this.numbers[at] = this.numberOf(at, values[at] as number);
    }
  }

  get sizes(): Sizes {
    const { a, b, c, d } = this.pattern;
    return [a, b, c, d];
  }

  /** The number that is nearest to a value at a place. */
  numberOf(at: number, value: number): number {
    const scale = this.scaleAt(at);
    return scale === 0 ? nearest(0, this.grid) : nearest(value / scale, this.grid);
  }

  scaleAt(at: number): number {
    return this.scales[this.groupAt[at] as number] as number;
  }

  /** What the numbers stand for. */
  factor(): KroneckerSparse<Float64Array> {
    const values = Float64Array.from(this.numbers, (number, at) => number * this.scaleAt(at));
    return new KroneckerSparse(this.pattern, values);
  }

  quantized(): QuantizedValues {
    return {
      dtype: this.dtype,
      shape: this.sizes,
      codes: Uint8Array.from(this.numbers, this.grid.codeOf),
      scales: Uint16Array.from(this.scales, toHalf),
    };
  }
}
