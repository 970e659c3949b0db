import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeMarkdown, escapeMarkup, printable } from "./escape.ts";

describe("printable", () => {
  it("keeps a text on one line and leaves out what turns or breaks it", () => {
    expect(printable("a\nb\tc")).toBe("a b c");
    expect(printable("a\u0000\u202eb\ud800")).toBe("a\ufffd\ufffdb\ufffd");
    expect(printable("4,64,64,4 × µs é 日本 🦋")).toBe("4,64,64,4 × µs é 日本 🦋");
  });
});

describe("escapeMarkup", () => {
  it("leaves nothing that begins a tag, an entity, or ends an attribute", () => {
    expect(escapeMarkup(`<script>alert("1" & '2')</script>`)).toBe(
      "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;",
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = escapeMarkup(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replace(/&(?:amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
      }),
    );
  });
});

describe("escapeMarkdown", () => {
  it.each([
    ["a|b", "a\\|b"],
    ["<script>", "&lt;script&gt;"],
    ["**bold** _it_ `code`", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\`"],
    ["![x](javascript:y)", "\\!\\[x\\](javascript:y)"],
    ["https://example.org www.example.org", "https&#58;//example.org www&#46;example.org"],
    ["# heading", "\\# heading"],
    ["- item", "\\- item"],
    ["12. item", "12\\. item"],
    ["a\n| --- |", "a \\| --- \\|"],
    ["a\\|b", "a\\\\\\|b"],
    ["1.5 ms, 4,64,64,4 x 128", "1.5 ms, 4,64,64,4 x 128"],
  ])("%j becomes %j", (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it("never ends a cell of a table", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = escapeMarkdown(text);
        expect(escaped.replace(/\\./g, "")).not.toMatch(/[|<>\n]/);
      }),
    );
  });
});
