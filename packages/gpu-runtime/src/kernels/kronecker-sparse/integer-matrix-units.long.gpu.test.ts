import { testIntegerVariants } from "../../testing/integer-variants.ts";

testIntegerVariants(200);
