import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";

/** What weights cannot be loaded, saved or assigned for, with a stable code. */
export type WeightsErrorCode =
  | "STATE_DICT_SOURCE"
  | "STATE_DICT_INDEX"
  | "STATE_DICT_TOO_LARGE"
  | "STATE_DICT_CHANGED"
  | "STATE_DICT_WRITE"
  | "STATE_DICT_RENAME"
  | "STATE_DICT_MISMATCH"
  | "HTTP_FAILED"
  | "HTTP_STATUS"
  | "HTTP_CONTENT"
  | "HTTP_TIMEOUT"
  | "FILE_TRUNCATED"
  | "FILE_HEADER"
  | "FILE_TENSOR"
  | "TENSOR_MISSING"
  | "TENSOR_DTYPE"
  | "TENSOR_SHAPE";

const FIXES: { readonly [C in WeightsErrorCode]: string } = {
  STATE_DICT_SOURCE:
    "Pass a .safetensors file, a model.safetensors.index.json, or a folder with one of them.",
  STATE_DICT_INDEX: "Download the index and its shards again, all of the same checkpoint.",
  STATE_DICT_TOO_LARGE:
    "If you trust the source, pass a larger maxBytes; else use a smaller model or data type.",
  STATE_DICT_CHANGED: "Load the file again, or load it without onDemand.",
  STATE_DICT_WRITE: "Pass a folder that can be written to and has the space.",
  STATE_DICT_RENAME: "Give a rename that keeps the names apart, or leaves one of them out.",
  STATE_DICT_MISMATCH:
    "Rename or transform the tensors, build the model that the weights are of, or pass strict: false.",
  HTTP_FAILED:
    "Check the address and the connection; a browser also wants the server's CORS headers.",
  HTTP_STATUS: "Check the address, and whether the server wants a token.",
  HTTP_CONTENT: "Check the address: servers of web pages answer with one where a file is missing.",
  HTTP_TIMEOUT: "Try again, or pass a longer timeout, in milliseconds.",
  FILE_TRUNCATED: "Copy or download the file again: a part of it is missing.",
  FILE_HEADER:
    "Pass a file of this format, or write it again with a current version of its writer.",
  FILE_TENSOR: "Write the file again with a current version of its writer; it may be damaged.",
  TENSOR_MISSING: "Pass weights that have it, or another prefix.",
  TENSOR_DTYPE: "Convert the tensor to float32, float16, bfloat16 or float64.",
  TENSOR_SHAPE: "Pass a tensor of the shape that is asked for.",
};

export function weightsError(
  code: WeightsErrorCode,
  message: string,
  cause?: unknown,
): PapilioError {
  return new PapilioError(code, message, fixOf(code), cause === undefined ? undefined : { cause });
}

export function fixOf(code: WeightsErrorCode): string {
  return FIXES[code];
}

/** Names for a message: the first few of them, each cut where it would drown the message. */
export function quoteNames(names: readonly string[], most: number = 5): string {
  const shown = names.slice(0, most).map(describeValue);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
