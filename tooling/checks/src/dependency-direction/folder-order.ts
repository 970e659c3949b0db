/** In which order the folders of a package's src stand, and what breaks it today. */
export interface FolderOrder {
  /**
   * The folders, lowest first. One imports from itself and from those before it. A path such as
   * `backends/device` gives a folder within another a place of its own. The files of src itself
   * are not named: they stand above all.
   */
  readonly order: readonly string[];
  /**
   * Imports against the order that are still there: `tensor -> kernels`, where `.` is src itself.
   * This list only becomes shorter: an entry that nothing needs any more is an error.
   */
  readonly known?: readonly string[];
}

/** The order of folders of each package and application, by its path. */
export const folderOrders: Readonly<Record<string, FolderOrder>> = {
  "packages/butterfly": {
    order: [
      "errors",
      "disposal",
      "threads",
      "numeric",
      "linear-algebra",
      "pattern",
      "planning",
      "matrix",
      "rounding",
      "constructions",
      "files",
      "factorization",
    ],
  },
  "packages/cpu-runtime": {
    order: [
      "errors",
      "wasm",
      "memory",
      "kernels",
      "threads",
      "engine",
      "planning",
      "multiplication",
      "program",
    ],
  },
  "packages/gpu-runtime": {
    order: [
      "errors",
      "memory",
      "device",
      "tensor",
      "kernels",
      "program",
      "rates",
      "planning",
      "multiplication",
      "gpu",
      "tuning",
      "node",
    ],
  },
  "packages/nn": {
    order: [
      "errors",
      "arguments",
      "modules",
      "adjacency",
      "graph",
      "operations",
      "backends",
      "training",
      "layers",
      "tokenizers",
      "weights",
      "models",
      "adapters",
      "placement",
      "conversion",
      "generation",
      "node",
    ],
  },
  "packages/bench": {
    order: [
      "errors",
      "arguments",
      "cases",
      "implementations",
      "traffic",
      "results",
      "analysis",
      "measure",
      "models",
      "select",
      "report",
      "node",
    ],
  },
  "packages/server": {
    order: [
      "errors",
      "arguments",
      "protocol",
      "metrics",
      "batching",
      "frontend",
      "gateway",
      "engines",
      "text",
      "openai",
      "inference",
      "node",
    ],
  },
  "apps/cli": {
    order: [
      "errors",
      "process",
      "machine",
      "files",
      "flags",
      "images",
      "render",
      "models",
      "classification",
      "conversion",
      "jobs",
      "requests",
      "cases",
      "training",
      "commands",
    ],
  },
  "apps/docs": {
    order: ["drawings", "generate", "playground", "transcripts"],
  },
};
