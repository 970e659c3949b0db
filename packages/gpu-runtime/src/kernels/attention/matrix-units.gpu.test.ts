import { testAttentionMatrixVariants } from "../../testing/attention-matrix-variants.ts";

testAttentionMatrixVariants(5);
