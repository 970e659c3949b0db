/** What a test looks for in markup that a report wrote. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text of the element's `title` child, which is a mark's tooltip. */
  title: string | undefined;
}

const VOID = new Set(["meta", "link", "br", "hr"]);

/**
 * Reads markup into its elements, in their order.
 *
 * @throws Error where tags do not nest, or where a character stands that must be escaped
 */
export function elementsOf(markup: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  let end = 0;
  const text = (from: string): void => {
    if (/[<>]/.test(from)) throw new Error(`unescaped: ${from.slice(0, 80)}`);
    const [parent, title] = [open.at(-2), open.at(-1)];
    if (title?.name === "title" && parent !== undefined) parent.title = from;
  };
  for (const match of markup.matchAll(
    /<(\/?)([a-zA-Z!][\w-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g,
  )) {
    const [tag, closing, name = "", attributes = "", selfClosing] = match;
    // Rules of style contain `>` and are not text.
    if (open.at(-1)?.name !== "style") text(markup.slice(end, match.index));
    end = match.index + tag.length;
    if (name.startsWith("!")) continue;
    if (closing) {
      const last = open.pop();
      if (last?.name !== name) throw new Error(`</${name}> closes <${last?.name}>`);
      continue;
    }
    const element: Element = {
      name,
      attributes: Object.fromEntries(
        [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
      ),
      title: undefined,
    };
    elements.push(element);
    if (!selfClosing && !VOID.has(name)) open.push(element);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> is not closed`);
  text(markup.slice(end));
  return elements;
}

/** Marks of a figure that have a tooltip, with their place in the plot in pixels. */
export function marksOf(svg: string): { title: string; x: number; y: number; element: Element }[] {
  return elementsOf(svg)
    .filter(({ name, title }) => name === "path" && title !== undefined)
    .map((element) => {
      const place = /^translate\(([-\d.]+),([-\d.]+)\)/.exec(element.attributes.transform ?? "");
      return { title: element.title ?? "", x: Number(place?.[1]), y: Number(place?.[2]), element };
    });
}
