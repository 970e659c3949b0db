import { describe, expect, it } from "vitest";
import { openGpu as openPortable } from "../gpu/open.ts";
import { openGpu } from "../node/open.ts";

const invalid = expect.objectContaining({ code: "MEMORY_OPTION_INVALID" });
const values = [-1, Number.NaN, "4096", {}, null, 1n];

describe("an option of the memory that is not a number in its range", () => {
  it.each([
    ...[0, ...values].map((budget) => ({ budget })),
    ...values.map((keep) => ({ keep })),
    ...[0, ...values].map((idleSeconds) => ({ idleSeconds })),
  ])("is refused before an adapter is looked for: %o", async (options) => {
    const memory = options as never;
    await expect(openGpu({ memory })).rejects.toEqual(invalid);
    await expect(openGpu({ adapter: "no such adapter", memory })).rejects.toEqual(invalid);
    await expect(openPortable({ memory })).rejects.toEqual(invalid);
  });
});
