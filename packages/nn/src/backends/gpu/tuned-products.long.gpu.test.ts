import fc from "fast-check";
import { describe } from "vitest";
import { testTunedProducts } from "../../testing/tuned-products.ts";

describe.each(["f32", "f16"] as const)("products of %s", (dtype) => {
  const accepts = ({ kind }: { readonly kind: string }): boolean => kind !== "matrix";
  testTunedProducts(dtype, fc.integer({ min: 1, max: 40 }), { runs: 12, accepts });
});
