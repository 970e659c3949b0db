import { LAYOUTS } from "@papilio/butterfly";
import { testMatrixVariants } from "../../testing/matrix-variants.ts";

testMatrixVariants(5, LAYOUTS);
