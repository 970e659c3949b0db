import { describe, expect, it } from "vitest";
import { epilogueBindings, epilogueName, epilogueWgsl, storeWgsl } from "./epilogue.ts";

const f16 = { dtype: "f16", bias: true } as const;
const whole = {
  ...f16,
  epilogue: { activation: { kind: "silu" }, multiply: true, add: true },
} as const;
const widths = { x: 4, y: 2 };

describe("a store", () => {
  it("of sums as they are has nothing else", () => {
    expect(storeWgsl(f16, widths, "i", "sum")).toBe("y[i] = vec2<f16>(sum);");
    expect(epilogueWgsl(f16, widths)).toBe("");
    expect(epilogueName()).toBe("");
  });

  it("activates the sum with its bias, multiplies, adds, and rounds once", () => {
    expect(storeWgsl(whole, widths, "i", "sum")).toBe(
      "{ let at = i; y[at] = vec2<f16>(activate(sum) * vec2<f32>(multiplier[at]) + vec2<f32>(addend[at])); }",
    );
    expect(epilogueWgsl(whole, widths)).toContain("fn activate(x: vec2<f32>) -> vec2<f32>");
    expect(epilogueName(whole.epilogue)).toBe(" then silu, multiply, add");
  });

  it("multiplies a sum of two as a whole", () => {
    const gated = { dtype: "f32", epilogue: { multiply: true } } as const;
    expect(storeWgsl(gated, { x: 1, y: 1 }, "i", "sum + b")).toBe(
      "{ let at = i; y[at] = (sum + b) * f32(multiplier[at]); }",
    );
  });

  it("reads what is in x as x is bound", () => {
    const residual = { dtype: "f16", epilogue: { add: true, addendIn: "x" } } as const;
    const stores = [
      [1, 1, "f32(x[at])"],
      [2, 2, "vec2<f32>(x[at])"],
      [4, 1, "f32(x[at / 4u][at % 4u])"],
      [1, 2, "vec2<f32>(f32(x[(at * 2u + 0u)]), f32(x[(at * 2u + 1u)]))"],
    ] as const;
    for (const [x, y, read] of stores) {
      expect(storeWgsl(residual, { x, y }, "i", "sum")).toContain(`sum + ${read})`);
    }
  });
});

describe("the bindings of an epilogue", () => {
  it("follow the bias, in the type of y", () => {
    expect(epilogueBindings(whole, widths)).toEqual([
      { name: "bias", elements: "f16", access: "read" },
      { name: "multiplier", elements: "vec2<f16>", access: "read" },
      { name: "addend", elements: "vec2<f16>", access: "read" },
    ]);
  });

  it("leave out what is read from others", () => {
    const shared = { ...whole.epilogue, multiplierIn: "y", addendIn: "x" } as const;
    expect(epilogueBindings({ dtype: "f32", epilogue: shared }, widths)).toEqual([]);
    expect(storeWgsl({ dtype: "f32", epilogue: shared }, { x: 1, y: 1 }, "i", "sum")).toContain(
      "activate(sum) * f32(y[at]) + f32(x[at])",
    );
  });
});
