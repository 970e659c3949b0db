import * as root from "../index.ts";
import * as kernels from "../kernels.ts";
import * as node from "../node/index.ts";

/** What each entry of the package exports, by the entry's name in package.json. */
export const entries = { ".": root, "./kernels": kernels, "./node": node };

/** All that the package exports for any runtime. */
export const runtime = { ...root, ...kernels };
