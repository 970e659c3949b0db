import { testKroneckerSparseVariants } from "../../testing/kronecker-sparse-variants.ts";

testKroneckerSparseVariants(0.1);
