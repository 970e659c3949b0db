/** A part of a drawing: an SVG of its own, so that parts flow below one another on a phone. */
export interface Panel {
  readonly title: string;
  /** For readers who do not see it, in a sentence. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** What stands inside of the `svg` element. */
  readonly content: string;
}

/** A drawing that is made from the packages' code. */
export interface Drawing {
  /** Lower case and hyphens: how a page includes it. */
  readonly name: string;
  readonly caption: string;
  readonly panels: readonly Panel[];
  /** What stands between the panels, such as `×` between factors; nothing unless given. */
  readonly between?: readonly string[];
}

/** Between panels: the next one begins a row. */
export const BREAK = "\n";

/** Colours of the theme, which follow light and dark. The first is for what is meant. */
export const INK = "var(--d-ink)";
export const MUTED = "var(--d-muted)";
export const LINE = "var(--d-line)";
export const SOFT = "var(--d-soft)";

/** The colour of the category number `index`, in turn. */
export function hue(index: number): string {
  return `var(--d-${1 + (index % 6)})`;
}

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly fill?: string;
  readonly size?: number;
  readonly weight?: number;
}

export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { anchor = "start", fill = INK, size = 12, weight = 400 } = options;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escapeMarkup(content)}</text>`;
}

export function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  extra = "",
): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"${extra && ` ${extra}`}/>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke = LINE): string {
  return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${stroke}" fill="none"/>`;
}

/** Squares of one colour as a single path: `[column, row]` cells of the given size. */
export function cells(
  places: Iterable<readonly [column: number, row: number]>,
  size: number,
  fill: string,
): string {
  // Small cells touch, or nothing of their colour would be left.
  const gap = size > 4 ? 1 : 0;
  const side = round(size - gap);
  const squares = Array.from(
    places,
    ([column, row]) =>
      `M${round(column * size + gap / 2)} ${round(row * size + gap / 2)}h${side}v${side}h-${side}z`,
  );
  return squares.length === 0
    ? ""
    : `<path d="${squares.join("")}" fill="${fill}"${gap === 0 ? ' shape-rendering="crispEdges"' : ""}/>`;
}

/** A number without digits that no screen shows. */
export function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escapeMarkup(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A drawing as HTML for a Markdown page, on one line, because an empty one would end it. */
export function renderDrawing({ name, caption, panels, between = [] }: Drawing): string {
  const parts = panels.map(({ title, description, width, height, content }, index) => {
    const label = escapeMarkup(`${title}. ${description}`).replaceAll('"', "&quot;");
    const picture = `<svg viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="${label}">${content}</svg>`;
    const sign = between[index];
    const operator =
      sign === undefined
        ? ""
        : sign === BREAK
          ? '<span class="break"></span>'
          : `<span class="operator" aria-hidden="true">${escapeMarkup(sign)}</span>`;
    return `<div class="panel"><p class="panel-title">${escapeMarkup(title)}</p>${picture}</div>${operator}`;
  });
  return `<figure class="drawing" id="drawing-${name}" v-pre><div class="panels">${parts.join("")}</div><figcaption>${escapeMarkup(caption)}</figcaption></figure>\n`;
}
