import { KroneckerSparse, PapilioError, type Pattern, type StorageDtype } from "@papilio/butterfly";
import {
  describeValue,
  didYouMean,
  requireOneOf,
  requireText,
  requireWhole,
} from "@papilio/butterfly/errors";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type Step, scratchVectors } from "@papilio/gpu-runtime/kernels";
import { typicalReport } from "@papilio/gpu-runtime/planning";
import { count as countShape, options as optionsShape, requireShape } from "../arguments/checks.ts";
import { type Case, caseShape } from "../cases/case.ts";
import { multiplications } from "../implementations/registry.ts";
import { addCounts, countSectors, NO_SECTORS, type SectorCount } from "./count-sectors.ts";
import { type RecordingDevice, recordingDevice } from "./recording-device.ts";

/** The implementations whose bytes can be counted. */
export const COUNTED: readonly string[] = multiplications.map(({ name }) => name);

/** Precisions of multiplications on a GPU. */
const DTYPES: readonly StorageDtype[] = ["f32", "f16"];
/** Workgroups of a dispatch that are traced unless an option says otherwise. */
const WORKGROUPS = 8;

/** Bytes that a multiplication moves, and the least that any could. */
export interface MovedBytes extends SectorCount {
  /** Bytes of the input, the stored values and the output, each once: what has to move. */
  readonly least: number;
  /** Names of the kernels, in their order. */
  readonly kernels: readonly string[];
}

/** How much is counted. */
export interface CountTrafficOptions {
  /**
   * Workgroups of each dispatch whose accesses are computed, at least 1; where there are more, so many are drawn,
   * or more of small kernels, and the counts scaled. 8 unless given.
   */
  readonly workgroups?: number;
}

/**
 * Counts the bytes that an implementation moves for a case, without a device: every address that its kernels
 * compute on a typical GPU, with subgroups of 32 invocations and sectors of 32 bytes, from the kernels' own text.
 *
 * @param implementation one of {@link COUNTED}: those of arXiv 2405.15013
 * @param item a multiplication by one factor
 * @throws PapilioError `IMPLEMENTATION_UNKNOWN`, `TRAFFIC_OF_CHAIN`, `OPTION_INVALID`, `OPERATION_MISMATCH`;
 *   `BUFFER_TOO_LARGE` where a buffer would have more than a GiB
 */
export function countTraffic(
  implementation: string,
  item: Case,
  options: CountTrafficOptions = {},
): MovedBytes {
  requireText("The name of an implementation", implementation);
  requireShape("The case", item, caseShape);
  requireShape("The options of countTraffic", options, optionsShape({ workgroups: countShape }));
  const { workgroups = WORKGROUPS } = options;
  requireWhole("The number of workgroups", workgroups, 1);
  const { batch, layout } = item;
  const dtype = requireOneOf("The dtype of what is counted", item.dtype, DTYPES);
  const shape = { batch, layout, dtype };
  const pattern = factorOf(item);
  const { prepare } = find(implementation);
  const report = typicalReport({ name: "a typical GPU", kind: "hardware" });
  const device = recordingDevice(report);
  using _gpu = device.gpu;
  const factor = KroneckerSparse.random(pattern, { seed: 1 });
  using multiplication = prepare(device.gpu, factor, shape);
  const steps = multiplication.steps(
    scratchVectors({ ...shape, features: pattern.cols }, "the inputs"),
    scratchVectors({ ...shape, features: pattern.rows }, "the outputs"),
  );
  const subgroup = report.features.subgroups?.max ?? 1;
  const counts = steps.map((step) =>
    countSectors(step, {
      subgroup,
      least: workgroups,
      indices: (binding) => indicesOf(step, binding, device),
    }),
  );
  const { bytes } = FLOAT_FORMATS[dtype];
  return {
    least: bytes * (batch * (pattern.cols + pattern.rows) + pattern.nonZeros),
    ...counts.reduce(addCounts, NO_SECTORS),
    kernels: steps.map(({ kernel }) => kernel.label),
  };
}

function factorOf({ chain, operation }: Case): Pattern {
  if (operation !== undefined && operation !== "multiply") {
    throw new PapilioError(
      "OPERATION_MISMATCH",
      `The bytes that are counted are those of a multiplication, and the operation of the case is ${operation}.`,
      "Give a case of the operation multiply.",
    );
  }
  const [pattern] = chain.patterns;
  if (chain.length === 1 && pattern !== undefined) return pattern;
  throw new PapilioError(
    "TRAFFIC_OF_CHAIN",
    `${chain} is a product of ${chain.length} factors: the bytes that are counted are those of one.`,
    "Give patterns of one factor.",
  );
}

function find(name: string): (typeof multiplications)[number] {
  const found = multiplications.find((multiplication) => multiplication.name === name);
  if (found !== undefined) return found;
  throw new PapilioError(
    "IMPLEMENTATION_UNKNOWN",
    `There is no implementation ${describeValue(name)} whose bytes can be counted.`,
    `${didYouMean(name, COUNTED)}Use any of ${COUNTED.join(", ")}.`,
  );
}

/** What was uploaded to a binding. */
function indicesOf({ buffers }: Step, binding: number, { written }: RecordingDevice): Uint32Array {
  const operand = buffers[binding];
  const bytes = operand !== undefined && "buffer" in operand ? written(operand.buffer) : undefined;
  if (bytes === undefined) throw new TypeError(`Binding ${binding} has no indices.`);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
