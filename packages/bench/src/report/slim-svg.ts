/** Attributes that say what is so anyway, or that belong to the figure as a whole. */
const DROPPED = new Set([
  "role",
  "aria-roledescription",
  "aria-hidden",
  "pointer-events",
  "font-family",
  "stroke-miterlimit",
]);

/** Attributes that hold coordinates; a hundredth of a pixel is enough. */
const COORDINATES = new Set(["transform", "d", "x", "y", "x2", "y2", "width", "height"]);

/** What every attribute of a name and this value may be left out for. */
const DEFAULTS: Readonly<Record<string, string>> = {
  opacity: "1",
  "stroke-width": "1",
  "text-anchor": "start",
  transform: "translate(0,0)",
};

/**
 * Rewrites an SVG that Vega made to well below its size: without hidden labels, empty groups
 * and decimals that nobody sees. What Vega has as the label of a mark becomes its `title`, which
 * browsers show as a tooltip. Vega escapes `>` in text and attributes, so that a tag ends at the
 * next one.
 *
 * @param prefix put before ids, so that several SVGs can share a document
 */
export function slimSvg(svg: string, prefix: string): { content: string; viewBox: string } {
  const root = /^<svg[^>]*viewBox="([^"]*)"[^>]*>/.exec(svg);
  if (root === null) throw new Error("Vega's SVG has no root element");
  const ids = new Map<string, string>();
  const shorten = (id: string): string => {
    if (!ids.has(id)) ids.set(id, `${prefix}-${ids.size}`);
    return ids.get(id) as string;
  };
  const slimmed = svg
    .slice(root[0].length, svg.lastIndexOf("</svg>"))
    .replace(/<text [^>]*opacity="0"[^>]*>[^<]*<\/text>/g, "")
    .replace(/<text [^>]*\/>/g, "")
    .replace(/<path [^>]*d="(?:M0,0h0v0h0Z)?"[^>]*\/>/g, "")
    .replace(/<path class="background"(?![^>]*stroke=)[^>]*\/>/g, "")
    .replace(/<([a-zA-Z]+)([^>]*?)(\/?)>/g, (_, name: string, attributes: string, end: string) =>
      slimTag(name, attributes, end, shorten),
    );
  return { content: withoutEmptyGroups(slimmed), viewBox: root[1] as string };
}

function slimTag(
  name: string,
  attributes: string,
  end: string,
  shorten: (id: string) => string,
): string {
  let label: string | undefined;
  let kept = "";
  for (const [, key = "", value = ""] of attributes.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (key === "aria-label") label = value;
    else if (key === "class" && !value.includes("role-mark")) continue;
    else if (DROPPED.has(key) || DEFAULTS[key] === value) continue;
    else if (key === "id") kept += ` id="${shorten(value)}"`;
    else if (key === "clip-path")
      kept += ` clip-path="${value.replace(/#([^)]*)/, (_, id: string) => `#${shorten(id)}`)}"`;
    else kept += ` ${key}="${COORDINATES.has(key) ? rounded(value) : value}"`;
  }
  // Groups carry Vega's own descriptions; a mark's is ours.
  if (label === undefined || name === "g" || end === "") return `<${name}${kept}${end}>`;
  return `<${name}${kept}><title>${label}</title></${name}>`;
}

function rounded(value: string): string {
  return value.replace(/-?\d+(?:\.\d+(?:e-?\d+)?|e-?\d+)/g, (number) =>
    String(Math.round(Number(number) * 100) / 100),
  );
}

function withoutEmptyGroups(svg: string): string {
  const fewer = svg
    .replace(/<g[^>]*><\/g>/g, "")
    .replace(/<g>(<text[^>]*>[^<]*<\/text>)<\/g>/g, "$1");
  return fewer.length === svg.length ? svg : withoutEmptyGroups(fewer);
}
