import { expect, it } from "vitest";
import { formatBytes } from "./format-bytes.ts";

it.each([
  [0, "0 B"],
  [512, "512 B"],
  [1024, "1.00 KiB"],
  [1536, "1.50 KiB"],
  [60 * 2 ** 20, "60.0 MiB"],
  [2 ** 31, "2.00 GiB"],
  [1023 * 2 ** 20, "1020 MiB"],
  [2 ** 52, "4100 TiB"],
])("%d bytes are %s", (count, text) => {
  expect(formatBytes(count).replace(/\s/, " ")).toBe(text);
});

it("refuses what is no number", () => {
  expect(() => formatBytes("1" as unknown as number)).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID" }),
  );
});
