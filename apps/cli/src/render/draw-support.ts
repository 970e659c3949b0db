import type { Chain } from "@papilio/butterfly";
import { type SupportPicture, supportPicture } from "@papilio/butterfly/pattern";

/** Cells along the longer side of a drawing, at most. */
const CELLS = 64;
/** Factors that are drawn, at most, from the left. */
const MOST_FACTORS = 20;
/** Columns of cells in a character of Braille, and rows. */
const [DOTS_ACROSS, DOTS_DOWN] = [2, 4];
/** The bits of the dots of such a character, `[row][column]`. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** The supports of the first factors of a chain in characters of Braille, beside one another. */
export function drawSupports(chain: Chain): string {
  const drawings = chain.patterns
    .slice(0, MOST_FACTORS)
    .map((pattern) => braille(supportPicture(pattern, CELLS)));
  const height = Math.max(...drawings.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    drawings.map((lines) => (lines[line] ?? "").padEnd(lines[0]?.length ?? 0, "\u2800")).join("  "),
  ).join("\n");
}

/** The supports of the first factors of a chain as an SVG picture, left-most factor first. */
export function supportsAsSvg(chain: Chain): string {
  const [cell, gap, label] = [4, 24, 18];
  let left = 0;
  let height = 0;
  const groups = chain.patterns.slice(0, MOST_FACTORS).map((pattern) => {
    const { rows, cols, filled } = supportPicture(pattern, CELLS);
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

function braille({ rows, cols, filled }: SupportPicture): string[] {
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
