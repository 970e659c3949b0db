/**
 * Characters that no document should show as they are: control characters, which XML forbids, and
 * those that turn the direction of the text after them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/g;

/** Text from a results file on one line, without characters that could break a document. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, (found) => (/\s/.test(found) ? " " : "\ufffd"));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML and SVG, between tags and in attributes. */
export function escapeMarkup(text: string): string {
  return printable(text).replace(/[&<>"']/g, (found) => ENTITIES[found] as string);
}

/** Text for Markdown, in paragraphs and in the cells of tables. */
export function escapeMarkdown(text: string): string {
  return (
    printable(text)
      .replace(/[\\`*_{}[\]#|~!$]/g, "\\$&")
      .replace(/[&<>]/g, (found) => ENTITIES[found] as string)
      // What would become a link, a mention, or a list.
      .replace(/:\/\//g, "&#58;//")
      .replace(/\bwww\./gi, "www&#46;")
      .replace(/@/g, "&#64;")
      .replace(/^(\s*)([-+=]|\d+[.)](?=\s|$))/, (_, space: string, mark: string) =>
        mark.length === 1 ? `${space}\\${mark}` : `${space}${mark.slice(0, -1)}\\${mark.at(-1)}`,
      )
  );
}
