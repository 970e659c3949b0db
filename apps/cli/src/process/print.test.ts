import { describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { escapeControls } from "./print.ts";

const folder = temporaryFolder();

/** A safetensors file with one empty tensor of this name. */
function named(name: string, metadata: Record<string, string> = {}): string {
  const header = JSON.stringify({
    __metadata__: metadata,
    [name]: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
  });
  const bytes = new TextEncoder().encode(header);
  const file = Buffer.alloc(8 + bytes.length + 4);
  file.writeBigUInt64LE(BigInt(bytes.length));
  file.set(bytes, 8);
  return folder.write("named.safetensors", file);
}

/** What a terminal would obey. */
function controlsOf(text: string): string[] {
  return [...text].filter((character) => {
    const code = character.codePointAt(0) as number;
    return (code < 0x20 && code !== 9 && code !== 10) || (code >= 0x7f && code <= 0x9f);
  });
}

describe("escapeControls", () => {
  it("shows every control character but tab and newline as an escape", () => {
    for (let code = 0; code < 0xa0; code++) {
      const escaped = escapeControls(String.fromCharCode(code));
      const isControl = (code < 0x20 && code !== 9 && code !== 10) || code >= 0x7f;
      expect(escaped).toBe(
        isControl ? `\\u00${code.toString(16).padStart(2, "0")}` : String.fromCharCode(code),
      );
    }
  });

  it("shows what turns the direction of text", () => {
    expect(escapeControls("a\u202eb\u2066c\u2028d")).toBe("a\\u202eb\\u2066c\\u2028d");
  });

  it("keeps other text, and the meaning of JSON", () => {
    expect(escapeControls("größer 文字 🦋\n\t")).toBe("größer 文字 🦋\n\t");
    const value = { name: "\u007f\u009b31m\u001b[2J" };
    expect(JSON.parse(escapeControls(JSON.stringify(value)))).toEqual(value);
  });
});

describe("a name in a file with characters that a terminal obeys", () => {
  const name = "w\u001b[2J\u009b31m\u0007\r\u007f";

  it("is escaped in the table of inspect", async () => {
    const { status, stdout, stderr } = await papilio("inspect", named(name));
    expect(status).toBe(0);
    expect(stdout).toContain("w\\u001b[2J");
    expect(controlsOf(stdout + stderr)).toEqual([]);
  });

  it("is escaped in errors", async () => {
    const path = named(name);
    const others = [
      ["factorize", path],
      ["factorize", path, "--tensor", `\u001b[31m`],
      ["multiply", path, "--input", path, "--out", folder.at("y.npy")],
      ["inspect", folder.at("\u001b[2Jmissing")],
      ["factorize", path, "--chain", "\u001b[2J"],
      ["\u001b[2J"],
      ["bench", "--suite", "\u001b[2J"],
      ["inspect", named("w", { "papilio.format": "1", "papilio.butterfly.\u001b[2J": "\u009b" })],
    ];
    for (const args of others) {
      const { status, stdout, stderr } = await papilio(...args);
      expect(status, args.join(" ")).toBe(2);
      expect(controlsOf(stdout + stderr), args.join(" ")).toEqual([]);
      expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^papilio: error [A-Z_]+: /);
    }
  });
});
