import { testFusedChainMatrixVariants } from "../../testing/fused-chain-matrix-variants.ts";

testFusedChainMatrixVariants(60);
