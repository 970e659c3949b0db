/*
 * What commands print goes through here. Names and texts of files may have characters that a terminal
 * obeys: escape sequences that change what was shown before, or the order in which text is read.
 */

/** Control characters beside tab and newline, and those that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text as a terminal may show it: control characters as `\u001b`, which JSON reads as the same text.
 * Tabs and newlines stay.
 */
export function escapeControls(text: string): string {
  return text.replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Prints a line on stdout. */
export function print(text: string): void {
  console.log(escapeControls(text));
}

/** Prints a line on stderr: what is not the result. */
export function note(text: string): void {
  console.error(escapeControls(text));
}

/**
 * Writes text to stdout as it comes. Where stdout is not a terminal it is data, and stays as it is.
 *
 * @param text a piece of a longer one
 */
export function write(text: string): void {
  process.stdout.write(process.stdout.isTTY ? escapeControls(text) : text);
}
