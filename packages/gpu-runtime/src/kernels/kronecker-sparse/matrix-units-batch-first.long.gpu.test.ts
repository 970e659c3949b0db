import { testMatrixVariants } from "../../testing/matrix-variants.ts";

testMatrixVariants(100, ["batch-first"]);
