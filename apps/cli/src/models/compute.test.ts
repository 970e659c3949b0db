import { expect, it } from "vitest";
import { chooseModelBackend, dtypeOf } from "./compute.ts";

const flags = { adapter: "auto", backend: "auto", dtype: "q4" };
const invalid = expect.objectContaining({ code: "FLAG_INVALID" });

it("weights of few bits are on the CPU, whatever the model computes", async () => {
  for (const backend of ["auto", "cpu"]) {
    expect(dtypeOf({ ...flags, backend })).toBe("q4");
    const choice = await chooseModelBackend({ ...flags, backend }, "q4", undefined as never);
    expect(choice).toEqual({ backend: "cpu", reason: "--dtype q4" });
  }
  expect(() => dtypeOf({ ...flags, backend: "gpu" })).toThrow(invalid);
  expect(() => dtypeOf({ ...flags, dtype: "q5" })).toThrow(invalid);
});
