import * as root from "../index.ts";
import * as kernels from "../kernels.ts";

/** All that the package exports. */
export const runtime = { ...root, ...kernels };
