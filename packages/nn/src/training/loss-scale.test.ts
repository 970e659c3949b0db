import { describe, expect, it } from "vitest";
import { LossScale } from "./loss-scale.ts";

describe("the scale of a loss", () => {
  it("halves where gradients overflow, down to 1", () => {
    const scale = new LossScale(true);
    const found: number[] = [scale.scale];
    while (scale.shrink()) found.push(scale.scale);
    expect(found).toEqual(Array.from({ length: 16 }, (_, at) => 2 ** (15 - at)));
  });

  it("doubles after 200 steps, and no further than half precision holds", () => {
    const scale = new LossScale(true);
    scale.shrink();
    for (let step = 0; step < 199; step++) scale.grow();
    expect(scale.state).toEqual({ scale: 2 ** 14, steps: 199 });
    scale.grow();
    expect(scale.state).toEqual({ scale: 2 ** 15, steps: 0 });
    for (let step = 0; step < 400; step++) scale.grow();
    expect(scale.scale).toBe(2 ** 15);
    scale.grow();
    scale.shrink();
    expect(scale.state).toEqual({ scale: 2 ** 14, steps: 0 });
    // Also from 1 on.
    scale.state = { scale: 1, steps: 199 };
    scale.grow();
    expect(scale.scale).toBe(2);
  });

  it("is 1 in float32", () => {
    const scale = new LossScale(false);
    scale.grow();
    expect(scale.shrink()).toBe(false);
    expect(scale.state).toEqual({ scale: 1, steps: 0 });
  });
});
