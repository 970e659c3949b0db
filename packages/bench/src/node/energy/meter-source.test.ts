import { describe, expect, it } from "vitest";
import { meterSource } from "./meter-source.ts";

function sourceOf(name: string, vendor = "", kind: "hardware" | "software" = "hardware"): string {
  const found = meterSource({ name, vendor, driver: "", kind });
  return "source" in found ? found.source : found.reason;
}

describe("the source of energy", () => {
  it("of a software adapter is the processor, whoever wrote the driver", () => {
    expect(sourceOf("llvmpipe (LLVM 19.1.7, 256 bits)", "mesa", "software")).toBe("powercap");
    expect(sourceOf("NVIDIA something emulated", "nvidia", "software")).toBe("powercap");
  });

  it.each(["NVIDIA H200", "Tesla T4", "GeForce RTX 3090"])("of %s is nvidia-smi", (name) => {
    expect(sourceOf(name)).toBe("nvidia-smi");
  });

  it.each([
    "Intel(R) UHD Graphics 630 (CFL GT2)",
    "Intel(R) Arc(tm) Graphics (MTL)",
    "Intel(R) Arc(tm) 140V GPU",
    "AMD Radeon Graphics (RADV RENOIR)",
    "AMD Radeon(TM) Graphics",
    "AMD Radeon 780M Graphics (RADV PHOENIX)",
    "AMD Radeon(TM) 890M",
    "AMD Radeon(TM) RX Vega 10 Graphics",
    "AMD Radeon 8060S Graphics (RADV GFX1151)",
    "AMD Custom GPU 0405 (RADV VANGOGH)",
  ])("of %s is the processor that it is in", (name) => {
    expect(sourceOf(name)).toBe("powercap");
  });

  it.each([
    "AMD Radeon RX 6600 (RADV NAVI23)",
    "AMD Radeon Graphics (RADV NAVI31)",
    "AMD Radeon RX Vega (RADV VEGA10)",
    "AMD Instinct MI210",
    "Intel(R) Arc(tm) A770 Graphics (DG2)",
    "Intel(R) Arc(tm) B580 Graphics (BMG G21)",
    "Apple M3",
  ])("of %s is not there, and the reason names it", (name) => {
    expect(sourceOf(name)).toMatch(/^No meter here reads the power of .*\.$/);
    expect(sourceOf(name)).toContain(name);
  });

  it("follows the vendor where the name does not say it", () => {
    expect(sourceOf("unnamed adapter", "nvidia")).toBe("nvidia-smi");
    expect(sourceOf("gen-12lp", "intel")).toBe("powercap");
    expect(sourceOf("rdna-3", "amd")).toContain("rdna-3");
  });
});
