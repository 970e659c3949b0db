import type { Block, ReportDocument } from "./document.ts";
import { escapeMarkdown } from "./escape.ts";

/**
 * A report as Markdown.
 *
 * @param figurePath where a figure's SVG lies, relative to the Markdown; without it, figures are
 * left to their captions
 */
export function renderMarkdown(
  report: ReportDocument,
  figurePath?: (name: string) => string,
): string {
  const write = (content: readonly Block[]): string[] =>
    content.map((block) => writeBlock(block, figurePath));
  const parts = [
    `# ${escapeMarkdown(report.title)}`,
    escapeMarkdown(report.subtitle),
    ...write(report.notices),
    ...report.sections.flatMap(({ heading, blocks }) => [
      `## ${escapeMarkdown(heading)}`,
      ...write(blocks),
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function writeBlock(block: Block, figurePath: ((name: string) => string) | undefined): string {
  switch (block.kind) {
    case "paragraph":
      return escapeMarkdown(block.text);
    case "list":
      return list(block.items);
    case "notice": {
      const text = `**Wrong.** ${escapeMarkdown(block.text)}\n\n${list(block.items)}`;
      return text.replace(/^/gm, "> ").replace(/^> $/gm, ">");
    }
    case "table":
      return table(block);
    case "details":
      return [
        `<details>\n<summary>${escapeMarkdown(block.summary)}</summary>`,
        ...block.blocks.map((inner) => writeBlock(inner, figurePath)),
        "</details>",
      ].join("\n\n");
    case "figure": {
      const { name, title, caption } = block.figure;
      const image =
        figurePath === undefined
          ? []
          : [`![${escapeMarkdown(title)}](<${linkTo(figurePath(name))}>)`];
      return [`### ${escapeMarkdown(title)}`, ...image, escapeMarkdown(caption)].join("\n\n");
    }
  }
}

/** A relative URL as the destination of a link in angle brackets. */
function linkTo(url: string): string {
  return url.replace(/[<>\\\s]/g, (found) => encodeURIComponent(found));
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
}

function table({ caption, head, rows, figures }: Extract<Block, { kind: "table" }>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const marks = head.map((_, index) => (figures && index > 0 ? "---:" : "---"));
  return [
    `${escapeMarkdown(caption)}:`,
    "",
    line(head.map(escapeMarkdown)),
    line(marks),
    ...rows.map((row) => line(row.map(escapeMarkdown))),
  ].join("\n");
}
