import type { Chain, Pattern } from "@papilio/butterfly";

/** Cells along the longer side of a drawing, at most. */
const CELLS = 64;
/** Columns of cells in a character of Braille, and rows. */
const [DOTS_ACROSS, DOTS_DOWN] = [2, 4];
/** The bits of the dots of such a character, `[row][column]`. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** A matrix of cells, each of which stands for some rows and columns: whether any value is there. */
interface Cells {
  readonly rows: number;
  readonly cols: number;
  readonly filled: (row: number, column: number) => boolean;
}

/** The supports of the factors of a chain in characters of Braille, beside one another. */
export function drawSupports(chain: Chain): string {
  const drawings = chain.patterns.map((pattern) => braille(cellsOf(pattern)));
  const height = Math.max(...drawings.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    drawings.map((lines) => (lines[line] ?? "").padEnd(lines[0]?.length ?? 0, "\u2800")).join("  "),
  ).join("\n");
}

/** The supports of the factors of a chain as an SVG picture, left-most factor first. */
export function supportsAsSvg(chain: Chain): string {
  const [cell, gap, label] = [4, 24, 18];
  let left = 0;
  let height = 0;
  const groups = chain.patterns.map((pattern) => {
    const { rows, cols, filled } = cellsOf(pattern);
    const squares: string[] = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < cols; column++) {
        if (filled(row, column)) squares.push(`M${column * cell} ${row * cell}h4v4h-4z`);
      }
    }
    const group = `<g transform="translate(${left} 0)"><rect width="${cols * cell}" height="${rows * cell}" fill="none" stroke="currentColor" stroke-opacity="0.4"/><path d="${squares.join("")}" fill="currentColor"/><text y="${rows * cell + label - 4}" font-family="monospace" font-size="12" fill="currentColor">${pattern}</text></g>`;
    left += Math.max(cols * cell, 8 * pattern.toString().length) + gap;
    height = Math.max(height, rows * cell + label);
    return group;
  });
  const width = left - gap;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>Supports of the factors of ${chain}</title>${groups.join("")}</svg>\n`;
}

/** At most {@link CELLS} cells along either side. */
function cellsOf({ a, b, c, d, rows, cols }: Pattern): Cells {
  const scale = Math.max(1, Math.max(rows, cols) / CELLS);
  const across = Math.ceil(cols / scale);
  const down = Math.ceil(rows / scale);
  return {
    rows: down,
    cols: across,
    filled: (row, column) => {
      const [r0, r1] = [Math.floor((row * rows) / down), Math.ceil(((row + 1) * rows) / down)];
      const [c0, c1] = [
        Math.floor((column * cols) / across),
        Math.ceil(((column + 1) * cols) / across),
      ];
      for (let i = Math.floor(r0 / (b * d)); i < a && i * b * d < r1; i++) {
        const columns = [Math.max(c0, i * c * d), Math.min(c1, (i + 1) * c * d)] as const;
        const lines = [Math.max(r0, i * b * d), Math.min(r1, (i + 1) * b * d)] as const;
        if (columns[0] < columns[1] && residuesMeet(lines, columns, d)) return true;
      }
      return false;
    },
  };
}

/** Whether a number of one range and one of the other leave the same remainder by `d`. */
function residuesMeet(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
  d: number,
): boolean {
  if (to - from >= d || end - start >= d) return true;
  // The second range moved by multiples of d overlaps the first one.
  const shift = d * Math.floor((from - start) / d);
  return [shift, shift + d].some((move) => start + move < to && end + move > from);
}

function braille({ rows, cols, filled }: Cells): string[] {
  return Array.from({ length: Math.ceil(rows / DOTS_DOWN) }, (_, line) =>
    Array.from({ length: Math.ceil(cols / DOTS_ACROSS) }, (__, place) => {
      let bits = 0x2800;
      for (const [down, dots] of DOTS.entries()) {
        for (const [across, dot] of dots.entries()) {
          const [row, column] = [line * DOTS_DOWN + down, place * DOTS_ACROSS + across];
          if (row < rows && column < cols && filled(row, column)) bits |= dot;
        }
      }
      return String.fromCharCode(bits);
    }).join(""),
  );
}
