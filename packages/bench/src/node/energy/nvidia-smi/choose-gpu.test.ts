import { describe, expect, it } from "vitest";
import { chooseGpu } from "./choose-gpu.ts";

const gpus = (...names: string[]) =>
  names.map((name, index) => ({ index: `${index}`, uuid: `GPU-${index}`, name, power: "50.00" }));

function choose(names: readonly string[], adapterName: string): string {
  const chosen = chooseGpu(gpus(...names), adapterName);
  return typeof chosen === "string" ? chosen : `${chosen.gpu.index}: ${chosen.label}`;
}

describe("the choice of a GPU", () => {
  it("is the one of the adapter's name", () => {
    const names = ["NVIDIA T4", "NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 3090 Ti"];
    expect(choose(names, "NVIDIA GeForce RTX 3090")).toBe("1: NVIDIA GeForce RTX 3090");
    expect(choose(names, "NVIDIA GeForce RTX 3090 Ti")).toBe("2: NVIDIA GeForce RTX 3090 Ti");
    expect(choose(names, "nvidia-t4")).toBe("0: NVIDIA T4");
  });

  it("overlooks the maker's name and what follows the GPU's", () => {
    const names = ["Tesla T4", "GeForce RTX 2080"];
    expect(choose(names, "NVIDIA Tesla T4")).toBe("0: Tesla T4");
    expect(choose(names, "NVIDIA GeForce RTX 2080/PCIe/SSE2")).toBe("1: GeForce RTX 2080");
  });

  it("is the first of several alike, and says so", () => {
    const names = ["NVIDIA T4", "NVIDIA H200", "NVIDIA H200"];
    expect(choose(names, "NVIDIA H200")).toBe("1: NVIDIA H200 (GPU 1, the first of 2 alike)");
  });

  it("is an only GPU whatever the adapter is called", () => {
    expect(choose(["NVIDIA H200"], "hopper")).toBe("0: NVIDIA H200");
  });

  it("is undefined where no name fits, and says what there is", () => {
    expect(choose(["NVIDIA H200", "NVIDIA T4"], "NVIDIA RTX A2000")).toBe(
      "None of the GPUs that nvidia-smi lists (0: NVIDIA H200, 1: NVIDIA T4) is called NVIDIA RTX A2000.",
    );
    // H200 is not a H20.
    expect(choose(["NVIDIA H20", "NVIDIA T4"], "NVIDIA H200")).toMatch(/^None of the GPUs/);
  });
});
