import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { convert, kindOf, ofExponent } from "./chain-kinds.ts";
import { costRows, whole } from "./costs.ts";
import { DEFAULTS, readChain, readSettings, reasonNotToRun, writeSettings } from "./settings.ts";

describe("the settings in an address", () => {
  it("are read back as they were written", () => {
    const settings = { chain: "2,3,4,5", batch: 7, dtype: "f16", layout: "batch-first" } as const;
    expect(readSettings(writeSettings(settings))).toEqual(settings);
    expect(writeSettings(DEFAULTS)).toBe("");
    expect(readSettings("")).toEqual(DEFAULTS);
  });

  it("are the defaults where they make no sense", () => {
    expect(readSettings("?batch=-1&dtype=f8&layout=sideways")).toEqual(DEFAULTS);
    expect(readSettings("?batch=1e9").batch).toBe(DEFAULTS.batch);
  });

  it("are refused where they are no chain, or too large a one", () => {
    expect(readChain("1,2,2,4;4,2,2,1")).toHaveProperty("problem");
    expect(readChain("1,65536,65536,1")).toMatchObject({ problem: /4194304/ });
    expect(readChain("4,64,64,4")).toHaveProperty("chain");
    expect(reasonNotToRun(Chain.monarch(1024), 128)).toBeUndefined();
    expect(reasonNotToRun(Chain.monarch(1024), 2 ** 20)).toContain("elements");
  });
});

describe("the kinds of chains", () => {
  it.each([
    [Chain.parse("4,64,64,4"), "factor"],
    [Chain.squareDyadic(64), "dyadic"],
    [Chain.monarch(64), "monarch"],
    [Chain.parse("1,4,4,16;4,4,4,4;16,4,4,1"), "custom"],
  ] as const)("of %s is %s", (chain, kind) => {
    expect(kindOf(chain)).toBe(kind);
    expect(convert(chain, "custom")).toBe(String(chain));
  });

  it("turn into one another at the same size, within their limits", () => {
    expect(convert(Chain.squareDyadic(64), "monarch")).toBe(String(Chain.monarch(64)));
    expect(ofExponent("monarch", 0)).toBe(String(Chain.monarch(4)));
    expect(convert(Chain.monarch(64), "factor")).toBe("1,8,8,8");
  });
});

describe("the costs", () => {
  it("are those of the factors and of the dense matrix", () => {
    const [values, flops] = costRows(Chain.monarch(1024), 128, "f32");
    expect(values).toEqual({
      what: "stored values",
      factors: "65\u202f536",
      dense: "1\u202f048\u202f576",
      ratio: "×16",
    });
    expect(flops?.ratio).toBe("×16");
  });

  it("are written for people", () => {
    expect([whole(999), whole(1e6)]).toEqual(["999", "1\u202f000\u202f000"]);
  });
});
