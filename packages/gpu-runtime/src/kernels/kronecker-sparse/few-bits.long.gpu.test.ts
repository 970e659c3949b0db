import { testFewBitsVariants } from "../../testing/few-bits-variants.ts";

testFewBitsVariants(24);
