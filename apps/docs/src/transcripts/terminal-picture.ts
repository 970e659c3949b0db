const [CHARACTER, LINE, MARGIN] = [7.8, 18, 16];

/** A transcript as a picture of a terminal, an SVG document that shows it without any font of its own. */
export function terminalPicture(transcript: string, title: string): string {
  const lines = transcript.trimEnd().split("\n");
  const longest = Math.max(...lines.map((line) => [...line].length));
  const width = Math.ceil(longest * CHARACTER + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const texts = lines.map((line, index) => {
    const length = [...line].length;
    if (length === 0) return "";
    const fill = line.startsWith("$") ? "#7ee787" : "#e6edf3";
    const y = MARGIN + LINE * (index + 0.75);
    // Its length is given, so that columns align in any monospaced font.
    return `<text x="${MARGIN}" y="${y}" fill="${fill}" textLength="${(length * CHARACTER).toFixed(1)}" xml:space="preserve">${escapeMarkup(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">
<title>${escapeMarkup(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${texts.filter(Boolean).join("\n")}
</svg>
`;
}

function escapeMarkup(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
