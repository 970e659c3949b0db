import { describe, expect, it } from "vitest";
import { caseOf, runOf, testAdapter, timed, timedByWall } from "../testing/results.ts";
import { verdictOf } from "./verdict.ts";

const software = { ...testAdapter, kind: "software", embedded: false } as const;

/** Three cases: the CPU backend wins two, ONNX Runtime one; the fused kernel is always between. */
const mixed = [
  [1, 4],
  [1, 3],
  [4, 2],
].map(([own = 0, theirs = 0], index) =>
  caseOf(`2,${2 ** (index + 1)},4,2`, [
    timed("kronecker-sparse", [20]),
    timed("bmm", [60]),
    timedByWall("cpu-wasm", [own]),
    timedByWall("ort-cpu-bmm", [theirs]),
  ]),
);

describe("the verdict of a run", () => {
  it("names the fastest way, its owner, how much faster, and what another adapter changes", () => {
    const results = runOf(mixed, { environment: { adapter: { ...software, embedded: true } } });
    // Quotients 4, 3 and 0.5.
    expect(verdictOf(results)).toEqual([
      "The fastest way on this machine is Papilio's CPU backend (cpu-wasm, fastest in 2 of 3 cases), ×3.00 as fast as the best of others in the median (×0.50 to ×4.00; mostly ONNX Runtime on the CPU, ort-cpu-bmm); Mesa's lavapipe would make the adapter's ways several times as fast, still slower than the CPU, and a GPU would run the adapter's ways in hardware and may change the order.",
    ]);
  });

  it("says where nothing was compared for want of an adapter", () => {
    const results = runOf(mixed, { environment: { adapter: null } });
    expect(verdictOf(results)[0]).toMatch(/; without an adapter, nothing else was compared\.$/);
  });

  it("does not count Papilio's own as a rival of Papilio's", () => {
    const results = runOf([
      caseOf("2,4,4,2", [
        timed("kronecker-sparse", [1]),
        timed("planned", [1.1]),
        timed("bmm", [3]),
      ]),
    ]);
    expect(verdictOf(results)[0]).toContain(
      "Papilio's fused kernel on the adapter (kronecker-sparse, fastest in 1 of 1 case), ×3.00 as fast as the best of others",
    );
  });

  it("is of the side that is the faster in the median, also where its ways take turns", () => {
    const results = runOf(
      (
        [
          [9, 1, 5],
          [9, 5, 1],
          [2, 3, 9],
        ] as const
      ).map(([own, bmm, einsum], index) =>
        caseOf(`2,${2 ** (index + 1)},4,2`, [
          timed("kronecker-sparse", [own]),
          timed("bmm", [bmm]),
          timed("einsum", [einsum]),
        ]),
      ),
    );
    // bmm is their best in two cases and the fastest of all in one; quotients 9, 9 and 2/3.
    expect(verdictOf(results)[0]).toContain(
      "a baseline on the adapter (bmm, fastest in 1 of 3 cases), ×9.00 as fast as the best of Papilio's in the median (×0.67 to ×9.00; mostly Papilio's fused kernel on the adapter, kronecker-sparse)",
    );
  });

  it("says when the fastest is not Papilio's", () => {
    const results = runOf([
      caseOf("2,4,4,2", [timedByWall("cpu-wasm", [6]), timedByWall("ort-cpu-bmm", [2])]),
    ]);
    expect(verdictOf(results)[0]).toContain(
      "ONNX Runtime on the CPU (ort-cpu-bmm, fastest in 1 of 1 case), ×3.00 as fast as the best of Papilio's",
    );
  });

  it("foretells nothing of other adapters on hardware, and nothing without times", () => {
    const adapter = { ...testAdapter, kind: "hardware" } as const;
    expect(verdictOf(runOf(mixed, { environment: { adapter } }))[0]).not.toMatch(/lavapipe|GPU/);
    expect(verdictOf(runOf([]))).toEqual([]);
    expect(verdictOf(runOf([caseOf("2,4,4,2", [timed("bmm", [1])])]))[0]).toContain(
      "which nothing was compared with",
    );
  });
});
