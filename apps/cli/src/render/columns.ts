/** Columns of a terminal that nobody widened. */
const COLUMNS = 80;

/** A text whose lines are at most `columns` long, broken between words; longer words stay whole. */
export function wrapped(text: string, columns: number = COLUMNS): string {
  return text
    .split("\n")
    .map((line) => {
      const lines: string[] = [];
      for (const word of line.split(" ")) {
        const last = lines.at(-1);
        if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
        else lines[lines.length - 1] = `${last} ${word}`;
      }
      return lines.join("\n");
    })
    .join("\n");
}
