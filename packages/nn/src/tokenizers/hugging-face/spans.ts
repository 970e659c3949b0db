/** A part of a text, from a place of a code unit to another, and whether a pattern matches it. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly match: boolean;
}

/** Divides a text into what a pattern matches and what is between, in order and without gaps. */
export type Pattern = (text: string) => Span[];

/** What becomes of the parts that a pattern matches. */
export const BEHAVIORS = [
  "Isolated",
  "Removed",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
] as const;
export type Behavior = (typeof BEHAVIORS)[number];

/** The matches of a text, `[start, end]` in order, with what is between them. */
export function spansOf(text: string, matches: Iterable<readonly [number, number]>): Span[] {
  const spans: Span[] = [];
  let previous = 0;
  for (const [start, end] of matches) {
    if (previous !== start) spans.push({ start: previous, end: start, match: false });
    spans.push({ start, end, match: true });
    previous = end;
  }
  if (previous !== text.length) spans.push({ start: previous, end: text.length, match: false });
  return spans;
}

/** Each character of a class by itself, or runs of them. */
export function characters({ source }: RegExp, run: "" | "+" = ""): Pattern {
  const pattern = new RegExp(`(?:${source})${run}`, "gu");
  return (text) =>
    spansOf(
      text,
      Array.from(text.matchAll(pattern), ({ 0: { length }, index }) => [index, index + length]),
    );
}

/** A text wherever it is. */
export function literal(part: string): Pattern {
  return (text) => {
    const matches: [number, number][] = [];
    for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
      matches.push([at, at + part.length]);
    }
    return spansOf(text, matches);
  };
}

export function inverted(pattern: Pattern): Pattern {
  return (text) => pattern(text).map(({ match, ...span }) => ({ ...span, match: !match }));
}

/**
 * The parts of a text that are left, none of them empty.
 *
 * Source: `NormalizedString::split` of the reference implementation.
 */
export function splitSpans(spans: readonly Span[], behavior: Behavior): Span[] {
  const parts: { start: number; end: number; match: boolean }[] = [];
  let previous = false;
  const last = (): { start: number; end: number } | undefined => parts.at(-1);
  switch (behavior) {
    case "Isolated":
      for (const span of spans) parts.push(span);
      break;
    case "Removed":
      for (const span of spans) if (!span.match) parts.push(span);
      break;
    case "Contiguous":
    case "MergedWithPrevious":
      for (const span of spans) {
        const joins = behavior === "Contiguous" ? span.match === previous : span.match && !previous;
        const before = last();
        if (joins && before !== undefined) before.end = span.end;
        else parts.push({ ...span });
        previous = span.match;
      }
      break;
    case "MergedWithNext":
      for (const span of spans.toReversed()) {
        const after = last();
        if (span.match && !previous && after !== undefined) after.start = span.start;
        else parts.push({ ...span });
        previous = span.match;
      }
      parts.reverse();
  }
  return parts.filter(({ start, end }) => start < end);
}
