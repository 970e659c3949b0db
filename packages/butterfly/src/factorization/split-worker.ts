import type { ErrorCode } from "../errors/error-codes.ts";
import type { Dropped } from "../linear-algebra/dropped.ts";
import { withKernels } from "../linear-algebra/kernels.ts";
import { Pattern } from "../pattern/pattern.ts";
import { nodeThreads } from "../threads/node-threads.ts";
import type { Parts } from "./parts.ts";
import { NOTHING, splitClasses, splitOf, squaredDistanceOfClasses } from "./split.ts";
import type { OrthonormalSide, SplitValues } from "./split-task.ts";

/** Some classes of a split or of a distance. What is read and written lies in shared memory. */
export interface WorkerRequest {
  readonly product: Parts;
  /** The patterns of the left and of the right factor. */
  readonly patterns: readonly [PatternEntries, PatternEntries];
  readonly classes: readonly [number, number];
  readonly task: WorkerTask;
  readonly kernels: Uint8Array | undefined;
}

export type WorkerTask =
  | { readonly side: OrthonormalSide; readonly to: SplitValues | undefined }
  | { readonly distanceTo: SplitValues };

export type PatternEntries = readonly [a: number, b: number, c: number, d: number];

/** Which classes are done and what was dropped, all of a distance; or the error with its code. */
export type WorkerResponse =
  | { readonly classes: readonly [number, number]; readonly dropped: Dropped }
  | {
      readonly error: {
        readonly code?: ErrorCode;
        readonly message: string;
        readonly fix?: string;
      };
    };

function respond(request: WorkerRequest): WorkerResponse {
  const [left, right] = request.patterns;
  const split = splitOf(new Pattern(...left), new Pattern(...right));
  try {
    const { product, classes, task, kernels } = request;
    const dropped = withKernels(kernels, () =>
      "distanceTo" in task
        ? {
            ...NOTHING,
            dropped: squaredDistanceOfClasses(product, split, task.distanceTo, classes),
          }
        : splitClasses(product, split, task.side, classes, task.to),
    );
    return { classes, dropped };
  } catch (error) {
    const { code, message, fix } = error as { code: ErrorCode; message: string; fix: string };
    return { error: { code, message, fix } };
  }
}

const port = nodeThreads()?.parentPort;
if (port) {
  port.on("message", (request: WorkerRequest) => port.postMessage(respond(request)));
} else {
  addEventListener("message", ({ data }: MessageEvent<WorkerRequest>) => {
    postMessage(respond(data));
  });
}
