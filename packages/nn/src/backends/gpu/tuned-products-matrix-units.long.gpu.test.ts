import fc from "fast-check";
import { testTunedProducts } from "../../testing/tuned-products.ts";

const sizes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(8, 16, 32, 48, 64));
testTunedProducts("f16", sizes, { runs: 12, accepts: ({ kind }) => kind === "matrix" });
