import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { draw, drawComplex, type Entry, errorOf } from "../testing/matrix-entries.ts";
import { channelConvolution } from "./index.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

interface Case {
  readonly channels: readonly [outputs: number, inputs: number];
  readonly sizes: readonly number[];
  readonly lengths: readonly number[];
  readonly mode: "full" | "same" | "valid" | "circular";
  readonly correlate: boolean;
}

/** Rows and columns of the matrix, and its entries by the definition: which number of the kernel there is. */
function definition({ channels, sizes, lengths, mode, correlate }: Case): {
  readonly rows: number;
  readonly cols: number;
  /** -1 where there is none. */
  readonly indexOf: Entry;
} {
  const [outputs, inputs] = channels;
  const counts = sizes.map(
    (n, axis) =>
      ({
        full: n + (lengths[axis] as number) - 1,
        valid: n - (lengths[axis] as number) + 1,
        same: n,
        circular: n,
      })[mode],
  );
  const tapOf = (axis: number, i: number, j: number): number => {
    const [n, length] = [sizes[axis] as number, lengths[axis] as number];
    if (mode === "circular") return correlate ? (j - i + n) % n : (i - j + n) % n;
    const half = Math.floor((length - 1) / 2);
    // Of a correlation the first output that a number touches has the last of the kernel on it.
    const first = { full: 0, same: correlate ? length - 1 - half : half, valid: length - 1 }[mode];
    const full = i + first - j;
    return correlate ? length - 1 - full : full;
  };
  const indexOf: Entry = (row, column) => {
    let [i, j] = [row % product(counts), column % product(sizes)];
    const taps: number[] = [];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const [count, n] = [counts[axis] as number, sizes[axis] as number];
      taps.unshift(tapOf(axis, i % count, j % n));
      [i, j] = [Math.floor(i / count), Math.floor(j / n)];
    }
    if (taps.some((tap, axis) => tap < 0 || tap >= (lengths[axis] as number))) return -1;
    const [output, input] = [
      Math.floor(row / product(counts)),
      Math.floor(column / product(sizes)),
    ];
    return taps.reduce(
      (index, tap, axis) => index * (lengths[axis] as number) + tap,
      output * inputs + input,
    );
  };
  return { rows: outputs * product(counts), cols: inputs * product(sizes), indexOf };
}

const channel = fc.integer({ min: 1, max: 3 });
const axis = fc
  .integer({ min: 1, max: 7 })
  .chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 1, max: n })));
const cases: fc.Arbitrary<Case> = fc
  .record({
    channels: fc.tuple(channel, channel),
    axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
    mode: fc.constantFrom("full", "same", "valid", "circular"),
    correlate: fc.boolean(),
  })
  .map(({ axes, ...others }) => ({
    ...others,
    sizes: axes.map(([n]) => n),
    lengths: axes.map(([, length]) => length),
  }));

/** Long axes, primes among them: for the last one the Fourier transform of a circular convolution is by padding. */
const LONG: readonly Case[] = [
  { channels: [2, 3], sizes: [17], lengths: [5], mode: "same", correlate: true },
  { channels: [1, 2], sizes: [11, 6], lengths: [3, 3], mode: "same", correlate: false },
  { channels: [2, 1], sizes: [61], lengths: [7], mode: "circular", correlate: true },
];

describe("convolutions between channels", () => {
  const check = (one: Case): void => {
    const { rows, cols, indexOf } = definition(one);
    const shape = [...one.channels, ...one.lengths];
    const options = { mode: one.mode, correlate: one.correlate };
    const values = draw(product(shape), 1);
    const real = channelConvolution({ shape, values }, one.sizes, options);
    expect([real.rows, real.cols]).toEqual([rows, cols]);
    const entry =
      (from: Float64Array): Entry =>
      (row, column) =>
        from[indexOf(row, column)] ?? 0;
    expect(errorOf(real.dense(), rows, cols, entry(values))).toBeLessThan(1e-13);
    const numbers = drawComplex(product(shape), 2);
    const { re, im } = channelConvolution({ shape, values: numbers }, one.sizes, options).dense();
    expect(errorOf(re, rows, cols, entry(numbers.re))).toBeLessThan(1e-13);
    expect(errorOf(im, rows, cols, entry(numbers.im))).toBeLessThan(1e-13);
  };

  it("are sums over the inputs, of one dimension and of two, in every mode", () => {
    fc.assert(fc.property(cases, check), { numRuns: 30 });
    for (const one of LONG) check(one);
  });

  it("are two butterflies, of valid chains", () => {
    const kernel = { shape: [4, 3, 3, 3], values: draw(108, 1) };
    const { stages } = channelConvolution(kernel, [14, 14], { mode: "same" }).product;
    // Each axis has 16 points.
    expect(stages.map(({ matrix }) => matrix.chain.patterns.at(-1)?.toString())).toEqual([
      "256,4,3,1",
      "1,2,2,384",
    ]);
  });

  it("refuse shapes that do not fit, before memory is allocated", () => {
    const kernel = { shape: [2, 2, 3], values: draw(12, 1) };
    for (const refused of [
      () => channelConvolution(kernel, [4, 4]),
      () => channelConvolution({ ...kernel, shape: [2, 2, 4] }, [8]),
      () => channelConvolution({ ...kernel, shape: [2, 6] }, []),
      () => channelConvolution(kernel, [2], { mode: "valid" }),
      () => channelConvolution(kernel, [0]),
      () => channelConvolution(kernel, [2 ** 22]),
      () => channelConvolution({ shape: [1000, 1000, 1], values: draw(1e6, 1) }, [1000]),
    ]) {
      expect(refused).toThrow(code("CONSTRUCTION_SIZE"));
    }
    const none = () => channelConvolution(kernel, [8], { mode: "reflect" as never });
    expect(none).toThrow(code("OPTION_INVALID"));
  });
});
