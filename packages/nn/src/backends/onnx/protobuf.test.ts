import { expect, it } from "vitest";
import { bytes, concatenate, type Field, float, integer, join, message, text } from "./protobuf.ts";

const hex = (field: Field): string =>
  Array.from(concatenate(field), (byte) => byte.toString(16).padStart(2, "0")).join(" ");

// The first four are the examples of https://protobuf.dev/programming-guides/encoding.
it.each<[string, Field, string]>([
  ["a whole number", integer(1, 150), "08 96 01"],
  ["text", text(2, "testing"), "12 07 74 65 73 74 69 6e 67"],
  ["a message", message(3, [integer(1, 150)]), "1a 03 08 96 01"],
  ["a negative number", integer(1, -2), "08 fe ff ff ff ff ff ff ff ff 01"],
  ["a number beyond 32 bits", integer(1, 2 ** 40 + 1), "08 81 80 80 80 80 20"],
  ["zero", integer(20, 0), "a0 01 00"],
  ["a float", float(2, -1.5), "15 00 00 c0 bf"],
  ["text beyond ASCII", text(1, "é"), "0a 02 c3 a9"],
  ["nothing", message(1, []), "0a 00"],
  [
    "several fields",
    join([integer(1, 1), message(2, [text(1, ""), integer(2, 3)])]),
    "08 01 12 04 0a 00 10 03",
  ],
])("writes %s", (_, field, expected) => {
  expect(hex(field)).toBe(expected);
});

it("writes long contents with their length, made when they are written", () => {
  let made = 0;
  const content = {
    size: 300,
    bytes: () => {
      made++;
      return new Uint8Array(300).fill(7);
    },
  };
  const field = bytes(9, content);
  expect(field.size).toBe(303);
  expect(made).toBe(0);
  const written = concatenate(field);
  expect(made).toBe(1);
  expect([...written.subarray(0, 4)]).toEqual([0x4a, 0xac, 0x02, 7]);
  expect(written).toHaveLength(303);
});
