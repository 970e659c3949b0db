import { Graph } from "@papilio/nn/graph";
import { expect, it } from "vitest";
import { chooseModelBackend, dtypeOf } from "./compute.ts";

const flags = { adapter: "auto", backend: "auto", dtype: "q4" };
const invalid = expect.objectContaining({ code: "FLAG_INVALID" });

it("weights of few bits are where they are asked for, or where a model is computed faster", async () => {
  const graph = new Graph();
  graph.output("x", graph.input("x", { vectors: 1, features: 4 }));
  for (const backend of ["gpu", "cpu"] as const) {
    expect(dtypeOf({ ...flags, backend })).toBe("q4");
    const choice = await chooseModelBackend({ ...flags, backend }, "q4", graph);
    expect(choice).toEqual({ backend, reason: `--backend ${backend}` });
  }
  const [few, full] = await Promise.all(
    (["q4", "f32"] as const).map((dtype) => chooseModelBackend(flags, dtype, graph)),
  );
  expect(few).toEqual(full);
  expect(() => dtypeOf({ ...flags, dtype: "q9" })).toThrow(invalid);
  expect(() => dtypeOf({ ...flags, backend: "tpu" })).toThrow(invalid);
});
