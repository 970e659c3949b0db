import type { ReductionLanes, VectorsShape } from "../kernels/feature-reduction/lanes.ts";

/** Vectors to reduce: `used` of them count, and the rest of the batch holds NaN. */
export interface ReductionCase extends Omit<VectorsShape, "dtype"> {
  readonly used: number;
  /** As chosen for the adapter unless given. */
  readonly lanes?: ReductionLanes;
  /** Whether it is worth a run in half precision too. */
  readonly half?: boolean;
}

const last = { from: "batch-last", to: "batch-last" } as const;
const first = { from: "batch-first", to: "batch-first" } as const;
const toFirst = { from: "batch-last", to: "batch-first" } as const;
const toLast = { from: "batch-first", to: "batch-last" } as const;

/** All layouts, lanes along the batch and along the features, sizes that fill neither. */
export const reductionShapes: [string, ReductionCase][] = [
  ["one number", { batch: 1, used: 1, features: 1, ...first }],
  ["one vector", { batch: 1, used: 1, features: 300, ...first, half: true }],
  ["few vectors, batch-last", { batch: 3, used: 2, features: 77, ...last }],
  ["many vectors, batch-last", { batch: 200, used: 197, features: 33, ...last, half: true }],
  ["an odd number of vectors, batch-last", { batch: 37, used: 36, features: 10, ...last }],
  ["many vectors, batch-first", { batch: 21, used: 20, features: 48, ...first, half: true }],
  ["many vectors, to batch-first", { batch: 26, used: 26, features: 15, ...toFirst, half: true }],
  ["many vectors, to batch-last", { batch: 19, used: 17, features: 40, ...toLast }],
  [
    "a workgroup's vector",
    { batch: 5, used: 5, features: 70, ...toLast, lanes: { columns: 1, slices: 16, width: 1 } },
  ],
  [
    "a workgroup's vectors",
    {
      batch: 10,
      used: 9,
      features: 21,
      ...toFirst,
      lanes: { columns: 4, slices: 8, width: 1 },
      half: true,
    },
  ],
  [
    "a workgroup's pairs of vectors",
    { batch: 10, used: 9, features: 21, ...last, lanes: { columns: 3, slices: 2, width: 2 } },
  ],
];
