import fc from "fast-check";
import { it } from "vitest";
import { attentionProperty } from "../testing/attention-properties.ts";

it("attention of any shape, many times", { timeout: 600_000 }, () => {
  fc.assert(attentionProperty({ queries: 100, keys: 300 }), { numRuns: 2000 });
});
