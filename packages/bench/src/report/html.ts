import type { Block, ReportDocument, Section } from "./document.ts";
import { escapeMarkup } from "./escape.ts";
import type { Drawing, Drawn } from "./figure.ts";
import { STYLE } from "./style.ts";

/**
 * A report as one HTML page that asks for nothing: no script, no font, no image. Its policy allows
 * the one style element, by its hash, and nothing else.
 */
export async function renderHtml(report: ReportDocument): Promise<string> {
  const policy = `default-src 'none'; style-src 'sha256-${await sha256(STYLE)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(`${report.title}: ${report.subtitle}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(report.title)}</h1>
<p class="subtitle">${escapeMarkup(report.subtitle)}</p>
</header>
<main>
${blocks(report.notices)}
<nav aria-label="Contents"><ul>${report.sections.map(({ id, heading }) => `<li><a href="#${id}">${escapeMarkup(heading)}</a></li>`).join("")}</ul></nav>
${report.sections.map(section).join("\n")}
</main>
</body>
</html>
`;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

function section({ id, heading, blocks: content }: Section): string {
  return `<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${escapeMarkup(heading)}</h2>
${blocks(content)}
</section>`;
}

function blocks(content: readonly Block[]): string {
  return content.map(block).join("\n");
}

function block(content: Block): string {
  switch (content.kind) {
    case "paragraph":
      return `<p>${escapeMarkup(content.text)}</p>`;
    case "list":
      return list(content.items);
    case "notice":
      return `<div class="notice" role="note"><p>${escapeMarkup(content.text)}</p>${list(content.items)}</div>`;
    case "table":
      return table(content);
    case "details":
      return `<details><summary>${escapeMarkup(content.summary)}</summary>\n${blocks(content.blocks)}\n</details>`;
    case "figure":
      return figure(content.figure);
  }
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escapeMarkup(item)}</li>`).join("")}</ul>`;
}

function table({ caption, head, rows, figures }: Extract<Block, { kind: "table" }>): string {
  const titled = head.some((text) => text !== "");
  const headRow = titled
    ? `<thead><tr>${head.map((text) => `<th scope="col">${escapeMarkup(text)}</th>`).join("")}</tr></thead>\n`
    : "";
  const body = rows.map(
    ([first = "", ...rest]) =>
      `<tr><th scope="row">${escapeMarkup(first)}</th>${rest.map((text) => `<td>${escapeMarkup(text)}</td>`).join("")}</tr>`,
  );
  // A wide table scrolls by itself, and by the keyboard, which needs the focus.
  return `<div class="scroll" role="region" aria-label="${escapeMarkup(caption)}" tabindex="0"><table class="${figures ? "figures" : "words"}">
<caption><span>${escapeMarkup(caption)}</span></caption>
${headRow}<tbody>
${body.join("\n")}
</tbody>
</table></div>`;
}

function figure({ name, title, caption, drawings }: Drawn): string {
  return `<figure id="figure-${name}" aria-labelledby="figure-${name}-title">
<h3 id="figure-${name}-title">${escapeMarkup(title)}</h3>
<div class="panels">
${drawings.map((drawing, index) => panel(drawing, `figure-${name}-${index}`)).join("\n")}
</div>
<figcaption>${escapeMarkup(caption)}</figcaption>
</figure>`;
}

function panel({ title, description, width, height, content }: Drawing, id: string): string {
  return `<svg role="img" aria-labelledby="${id}-title ${id}-desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><title id="${id}-title">${escapeMarkup(title)}</title><desc id="${id}-desc">${escapeMarkup(description)}</desc>${content}</svg>`;
}
