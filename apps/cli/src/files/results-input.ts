import {
  type BenchResults,
  isModelResults,
  type ModelResults,
  parseModelResults,
  parseResults,
} from "@papilio/bench/results";
import { PapilioError } from "@papilio/butterfly";
import { joinBytes, sizeOf } from "@papilio/butterfly/files";
import { linesOf } from "./file-pieces.ts";
import { MAX_JSON_BYTES, readTextPieces } from "./input-file.ts";

/** Bytes in which the first line of results of multiplications names its schema. */
const HEAD = 2 ** 12;

/** A results file that is read, and not parsed yet: once, as what the command takes it for. */
export interface ResultsInput {
  /** Whether it is of whole models; the others are of multiplications. */
  readonly areModels: boolean;
  /** @throws PapilioError what `parseModelResults` throws */
  models(): ModelResults;
  /** @throws PapilioError what `parseResults` throws */
  multiplications(): BenchResults;
}

/**
 * Reads a results file that a person named. One of multiplications, which may be large, is parsed line by line.
 *
 * @throws PapilioError `INPUT_UNREADABLE`; `FILE_HEADER` for a file of another kind
 */
export async function readResults(file: string): Promise<ResultsInput> {
  const pieces = await readTextPieces(file);
  const [head = ""] = new TextDecoder().decode(pieces[0]?.subarray(0, HEAD)).split("\n", 1);
  if (head.includes('"papilio-bench/')) {
    return {
      areModels: false,
      models: () => parseModelResults([...linesOf(pieces)].join("\n")),
      multiplications: () => parseResults(linesOf(pieces)),
    };
  }
  const size = sizeOf(pieces);
  if (size > MAX_JSON_BYTES) {
    throw new PapilioError(
      "INPUT_UNREADABLE",
      `The file ${file} cannot be read: it has ${size} bytes and does not begin as results of multiplications do, and of models at most ${MAX_JSON_BYTES} are read.`,
      "Give a file that `papilio bench --json FILE` wrote.",
    );
  }
  const text = new TextDecoder().decode(joinBytes(pieces));
  return {
    areModels: isModelResults(text),
    models: () => parseModelResults(text),
    multiplications: () => parseResults(text),
  };
}
