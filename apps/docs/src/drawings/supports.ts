import { Chain, Pattern } from "@papilio/butterfly";
import { forEachNonZero, isSupported, supportPicture } from "@papilio/butterfly/pattern";
import { BREAK, cells, type Drawing, hue, LINE, type Panel, rect } from "./svg.ts";

/** Beyond so many rows or columns a cell of a drawing stands for several. */
const MOST_CELLS = 64;

/** The support of a pattern; if it is small, the cells of each block in a colour of their own. */
export function supportPanel(pattern: Pattern, side: number, title = `(${pattern})`): Panel {
  const { a, b, c, d, rows, cols, blocks } = pattern;
  const longest = Math.max(rows, cols);
  const size = side / longest;
  const [width, height] = [cols * size, rows * size];
  const filled =
    blocks === 1
      ? rect(0.5, 0.5, width - 1, height - 1, hue(0))
      : longest > MOST_CELLS
        ? cells(picturePlaces(pattern), side / MOST_CELLS, hue(0))
        : blockPlaces(pattern)
            .map((block, index) => cells(block, size, hue(index)))
            .join("");
  return {
    title,
    description:
      `A matrix of ${rows} rows and ${cols} columns with ${pattern.nonZeros} values in ${blocks} ` +
      `${blocks === 1 ? "block" : "blocks"} of ${b} by ${c}: a = ${a}, d = ${d}`,
    width: width + 2,
    height: height + 2,
    content: `<g transform="translate(1 1)">${rect(0, 0, width, height, "none", `stroke="${LINE}"`)}${filled}</g>`,
  };
}

/** The entries of each block. */
function blockPlaces(pattern: Pattern): [column: number, row: number][][] {
  const { b, d, blocks } = pattern;
  const places = Array.from({ length: blocks }, (): [number, number][] => []);
  forEachNonZero(pattern, (row, column) => {
    places[Math.floor(row / (b * d)) * d + (row % d)]?.push([column, row]);
  });
  return places;
}

/** The cells of a picture of a large support. */
function picturePlaces(pattern: Pattern): [column: number, row: number][] {
  const { rows, cols, filled } = supportPicture(pattern, MOST_CELLS);
  const places: [number, number][] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < cols; column++) {
      if (filled(row, column)) places.push([column, row]);
    }
  }
  return places;
}

/** Dense, block-diagonal, interleaved, and both. */
export function patternsDrawing(): Drawing {
  const shown: [string, string][] = [
    ["1,16,16,1", "dense"],
    ["4,4,4,1", "diagonal"],
    ["1,4,4,4", "interleaved"],
    ["2,4,4,2", "both"],
  ];
  return {
    name: "patterns",
    caption:
      "Supports of 16 × 16 patterns, each block in a colour of its own. Each of the last three has a quarter of the values, 4 blocks of 4 × 4: a = 4 places them along the diagonal, d = 4 interleaves them, a = d = 2 does both.",
    panels: shown.map(([pattern, what]) =>
      supportPanel(Pattern.parse(pattern), 134, `(${pattern}) ${what}`),
    ),
  };
}

/** A chain's factors, and the product, which is dense. */
export function chainDrawing(name: string, chain: Chain, side: number, caption: string): Drawing {
  const signs = chain.patterns.map((_, index) => (index + 1 < chain.length ? "×" : "="));
  return {
    name,
    caption,
    panels: [
      ...chain.patterns.map((pattern) => supportPanel(pattern, side)),
      supportPanel(chain.product(), side, `product: ${chain.product().nonZeros} entries`),
    ],
    between: signs,
  };
}

/** Two neighbours of a chain multiply to one denser factor. */
export function mergingDrawing(): Drawing {
  const chain = Chain.squareDyadic(16);
  return {
    name: "merging",
    caption:
      "Neighbours of a chain multiply to a factor again: two dyadic factors to one Monarch factor, with 4 × 4 blocks instead of 2 × 2 ones.",
    panels: [
      ...chain.patterns.slice(0, 2).map((pattern) => supportPanel(pattern, 96)),
      supportPanel(chain.product(0, 2), 96),
      ...chain.patterns.slice(2).map((pattern) => supportPanel(pattern, 96)),
      supportPanel(chain.product(2, 4), 96),
    ],
    between: ["×", "=", BREAK, "×", "="],
  };
}

/** How a matrix falls apart at each split of a chain. */
export function splitsDrawing(): Drawing {
  const chain = Chain.squareDyadic(16);
  const panels = [1, 2, 3].map((at): Panel => {
    const [left, right] = [chain.product(0, at), chain.product(at, chain.length)];
    const classes: [number, number][][] = [];
    for (let row = 0; row < chain.rows; row++) {
      for (let column = 0; column < chain.cols; column++) {
        let middle = 0;
        while (!(isSupported(left, row, middle) && isSupported(right, middle, column))) middle++;
        classes[middle] ??= [];
        classes[middle]?.push([column, row]);
      }
    }
    const size = 9;
    const shown = classes.map((places, index) => cells(places, size, hue(index)));
    const count = classes.filter(Boolean).length;
    return {
      title: `factors 1 to ${at} | ${at + 1} to ${chain.length}`,
      description: `The 16 by 16 matrix falls apart into ${count} sets of entries, each of which is approximated by a matrix of rank 1`,
      width: 16 * size,
      height: 16 * size,
      content: shown.join(""),
    };
  });
  return {
    name: "splits",
    caption:
      "Where the dyadic chain of 16 is split, the entries of the matrix fall apart into sets, one colour next to another. Each set is a small matrix, and its best approximation of rank 1 is its share of the two factors.",
    panels,
  };
}
