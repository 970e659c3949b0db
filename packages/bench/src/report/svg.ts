import { escapeMarkup } from "./escape.ts";
import type { Drawn } from "./figure.ts";
import { colour, darkRules, FONT } from "./theme.ts";

const MARGIN = 12;
const GAP = 20;
const TITLE_HEIGHT = 34;

/**
 * A figure as an SVG document of its own: its panels two abreast below its title. Its ground is
 * transparent, and it follows the light or dark scheme of what shows it.
 */
export function composeSvg({ name, title, caption, drawings }: Drawn): string {
  const columns = Math.min(2, drawings.length);
  const panelWidth = Math.max(...drawings.map(({ width }) => width));
  const width = 2 * MARGIN + columns * panelWidth + (columns - 1) * GAP;
  let y = MARGIN + TITLE_HEIGHT;
  const placed: string[] = [];
  for (let start = 0; start < drawings.length; start += columns) {
    const row = drawings.slice(start, start + columns);
    for (const [column, drawing] of row.entries()) {
      const x = MARGIN + column * (panelWidth + GAP);
      placed.push(`<g transform="translate(${x},${y})">${drawing.content}</g>`);
    }
    y += Math.max(...row.map(({ height }) => height)) + GAP;
  }
  const height = y - GAP + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="${name}-title ${name}-desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">
<title id="${name}-title">${escapeMarkup(title)}</title>
<desc id="${name}-desc">${escapeMarkup([caption, ...drawings.map(({ description }) => description)].join(" "))}</desc>
<style>@media (prefers-color-scheme:dark){${darkRules("svg")}}</style>
<text x="${MARGIN}" y="${MARGIN + 14}" font-size="16" font-weight="600" fill="${colour("ink")}">${escapeMarkup(title)}</text>
${placed.join("\n")}
</svg>
`;
}
