/** A `@throws` of a comment that is not in the one style, or names a code that does not exist. */
export interface ThrowsProblem {
  readonly line: number;
  readonly text: string;
  readonly problem: string;
}

const STYLE = "@throws PapilioError `CODE` when ..., `CODE` when ...";

/** A word in capitals with an underscore, as most codes are. */
const CODE = /[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+/;

/**
 * The `@throws` of a source that break the style: a class of errors comes first, then each code in backticks, or
 * `what`, with the function whose errors they are.
 */
export function throwsProblems(source: string, codes: ReadonlySet<string>): ThrowsProblem[] {
  return throwsIn(source).flatMap(({ line, text }) => {
    const problem = problemOf(text, codes);
    return problem === undefined ? [] : [{ line, text, problem }];
  });
}

/** Each `@throws` with its line, counted from 1, and its text on one line. */
export function throwsIn(source: string): { readonly line: number; readonly text: string }[] {
  return [...source.matchAll(/\/\*\*(?:(?!\*\/).)*\*\//gs)].flatMap(({ 0: comment, index }) =>
    [...comment.matchAll(/@throws\s((?:(?!\n\s*\* ?@|\*\/).)*)/gs)].map((tag) => ({
      line: source.slice(0, index + tag.index).split("\n").length,
      text: (tag[1] ?? "")
        .replace(/\n\s*\* ?/g, " ")
        .replace(/\s+/g, " ")
        .trim(),
    })),
  );
}

function problemOf(text: string, codes: ReadonlySet<string>): string | undefined {
  const [, name, rest = ""] = /^(\w+) ?(.*)$/.exec(text) ?? [];
  if (name === "the" || name === "whatever") return undefined; // the signal's reason; what a callback throws
  if (name === undefined || !/^[A-Z][A-Za-z]*[a-z]/.test(name))
    return `begin with a class of errors: ${STYLE}`;
  const quoted = [...rest.matchAll(/`([^`]+)`/g)].map(([, inside = ""]) => inside);
  const unknown = quoted.filter(
    (word) => new RegExp(`^${CODE.source}$`).test(word) && !codes.has(word),
  );
  if (unknown.length > 0) return `no such code: ${unknown.join(", ")}`;
  const bare = CODE.exec(rest.replace(/`[^`]*`/g, ""));
  if (bare !== null) return `write the code in backticks: ${bare[0]}`;
  if (name !== "PapilioError") return undefined;
  const [first = ""] = quoted;
  const named = rest.startsWith("`") && codes.has(first);
  return named || /^what (`|\{@link )/.test(rest) ? undefined : `name the code first: ${STYLE}`;
}
