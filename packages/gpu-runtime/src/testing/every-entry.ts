import * as root from "../index.ts";
import * as kernels from "../kernels.ts";
import * as memory from "../memory/index.ts";
import * as node from "../node/index.ts";
import * as planning from "../planning/index.ts";
import * as tuning from "../tuning/index.ts";

/** What each entry of the package exports, by the entry's name in package.json. */
export const entries = {
  ".": root,
  "./kernels": kernels,
  "./memory": memory,
  "./node": node,
  "./planning": planning,
  "./tuning": tuning,
};

/** All that the package exports for any runtime. */
export const runtime = { ...root, ...kernels, ...memory, ...planning, ...tuning };
