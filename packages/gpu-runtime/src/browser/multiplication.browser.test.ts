import { afterAll, beforeAll } from "vitest";
import type { Gpu } from "../gpu/gpu.ts";
import { openGpu } from "../gpu/open.ts";
import { prepareBmm } from "../multiplication/bmm.ts";
import { prepareKroneckerSparse } from "../multiplication/kronecker-sparse.ts";
import type { PrepareMultiplication } from "../multiplication/multiplication.ts";
import { describeMultiplications } from "../testing/describe-multiplications.ts";

const preparations: Record<string, PrepareMultiplication> = {
  "kronecker-sparse": prepareKroneckerSparse,
  bmm: prepareBmm,
};

// A few of the cases that Node's tests have: what differs is the browser's compiler and its limits.
const cases: [pattern: string, batch: number][] = [
  ["3,5,7,6", 13],
  ["2,16,8,4", 32],
  ["2,8,32,1", 16],
  ["1,1,1,4", 20],
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.dispose());

describeMultiplications(() => gpu, preparations, cases);
