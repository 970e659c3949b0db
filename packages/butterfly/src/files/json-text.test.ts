import { describe, expect, it } from "vitest";
import { parseJsonText } from "./json-text.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a JSON text", () => {
  it.each([
    '{"a":[1,{"b":"x\\"]}{[,:\\\\"}],"c":null}',
    '[[],{},"\\u0022",-1.5e-3,true]',
    '"a"',
    ' \n{"é":"☃"}',
  ])("is parsed as JSON.parse does: %s", (text) => {
    const options = { uniqueKeys: true };
    expect(parseJsonText(text, options)).toEqual(JSON.parse(text));
    expect(parseJsonText(bytes(text), options)).toEqual(JSON.parse(text));
    expect(parseJsonText(bytes(`\uFEFF${text}`), options)).toEqual(JSON.parse(text));
    expect(parseJsonText(`\uFEFF${text}`, options)).toEqual(JSON.parse(text));
  });

  it("keeps keys that objects inherit apart from them", () => {
    const parsed = parseJsonText('{"__proto__":{"a":1},"constructor":2}', { uniqueKeys: true });
    expect(Object.keys(parsed as object)).toEqual(["__proto__", "constructor"]);
  });

  it("is refused where it nests too deep or has too many values, before it is parsed", () => {
    const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
    expect(parseJsonText(deep(64))).toBeDefined();
    expect(() => parseJsonText(deep(65))).toThrow(/deeper than 64 levels/);
    expect(() => parseJsonText("[".repeat(1e6))).toThrow(/deeper than 64 levels/);
    expect(() => parseJsonText('{"a":'.repeat(1e5))).toThrow(/deeper than 64 levels/);
    expect(() => parseJsonText("[1,2,3]", { values: 3 })).toThrow(/more than 3 values/);
    expect(parseJsonText("[1,2]", { values: 3 })).toEqual([1, 2]);
  });

  it("is the same with a hundred thousand spaces between its values, and keeps those in texts", () => {
    const spaces = " \t\r\n".repeat(25_000);
    const value = { "a  b": ['  \\"  ', "\\", "", 1, -2.5, null, { '"': "  " }] };
    const spaced = JSON.stringify(value).replaceAll(/(?<=[[{])|(?=[\]}])/g, spaces);
    const text = `${spaces}${spaced}${spaces}`;
    expect(parseJsonText(bytes(text), { uniqueKeys: true })).toEqual(value);
    expect(parseJsonText(bytes(`\uFEFF${text}`))).toEqual(value);
    expect(() => parseJsonText(bytes(`[1${spaces}2]`))).toThrow(SyntaxError);
    expect(() => parseJsonText(bytes(`[12${spaces}`))).toThrow(SyntaxError);
  });

  it("is refused beyond a number of bytes, of which several spaces are one", () => {
    const text = `[1,${" ".repeat(1e6)}2]`;
    for (const source of [text, bytes(text)]) {
      expect(parseJsonText(source, { bytes: 6 })).toEqual([1, 2]);
      expect(() => parseJsonText(source, { bytes: 5 })).toThrow(/6 bytes .*more than 5/);
    }
  });

  it("is refused with a key twice where that is asked for", () => {
    for (const text of ['{"a":1,"a":1}', '{"x":{"a":1,"\\u0061":2}}', '[[{"a":{},"a":{}}]]']) {
      expect(() => parseJsonText(text, { uniqueKeys: true })).toThrow(/same key twice/);
      expect(parseJsonText(text)).toEqual(JSON.parse(text));
    }
  });

  it("is refused in bytes that are no UTF-8, and when it is not JSON", () => {
    expect(() => parseJsonText(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(/not UTF-8/);
    for (const text of ["", "{", "nan", "[1,]", "{}}", '"\\']) {
      expect(() => parseJsonText(text)).toThrow(SyntaxError);
    }
  });
});
