import { FEW_BITS } from "@papilio/butterfly/numeric";
import { testFewBitsVariants } from "../../testing/few-bits-variants.ts";

testFewBitsVariants(
  3,
  FEW_BITS.map((dtype) => [dtype]),
);
