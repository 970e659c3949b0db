import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StopSequences } from "./stop-sequences.ts";

function run(
  pieces: readonly string[],
  stops: readonly string[],
): { text: string; found: boolean } {
  const filter = new StopSequences(stops);
  const text = pieces.map((piece) => filter.push(piece)).join("") + filter.end();
  return { text, found: filter.found };
}

describe("texts that end a text", () => {
  it("give what is before the first of them, however the text is cut into pieces", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 8 }),
        fc.array(
          letters.filter((text) => text !== ""),
          { maxLength: 3 },
        ),
        (pieces, stops) => {
          const text = pieces.join("");
          // In the piece with which the first of them becomes whole, the one that begins first counts.
          let read = "";
          const end = pieces
            .map((piece) => (read += piece))
            .map((upTo) => stops.map((stop) => upTo.indexOf(stop)).filter((place) => place >= 0))
            .find((places) => places.length > 0);
          expect(run(pieces, stops)).toEqual(
            end === undefined
              ? { text, found: false }
              : { text: text.slice(0, Math.min(...end)), found: true },
          );
        },
      ),
    );
  });

  it("hold back no more than may be the beginning of one", () => {
    const filter = new StopSequences(["\n\nEnd"]);
    expect(filter.push("one\n")).toBe("one");
    expect(filter.push("\ntwo\n\n")).toBe("\n\ntwo");
    expect(filter.push("En")).toBe("");
    expect(filter.push("d of it")).toBe("");
    expect(filter.found).toBe(true);
  });
});
