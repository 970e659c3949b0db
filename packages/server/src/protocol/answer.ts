import { type ErrorCode, PapilioError } from "@papilio/butterfly";
import { RequestError } from "./request-error.ts";

/** What a client is told of an error. */
export interface Answer {
  readonly status: 400 | 401 | 404 | 413 | 429 | 499 | 500 | 503 | 504;
  readonly code: string;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
}

/** Of those that are no fault of the request's fields. */
const STATUSES: Partial<Record<ErrorCode, Answer["status"]>> = {
  API_KEY: 401,
  NOT_SERVED: 404,
  REQUEST_TOO_LARGE: 413,
  QUEUE_FULL: 429,
  REQUEST_ABORTED: 499,
  REQUEST_TIMEOUT: 504,
  SERVER_DRAINING: 503,
  NO_WORKER: 503,
  WORKERS_FAILED: 503,
  GPU_LOST: 503,
  GPU_DISPOSED: 503,
  GENERATOR_DISPOSED: 503,
  MODEL_DISPOSED: 503,
};

/** What a request can be at fault for; all other errors are the server's own. */
const REQUEST_CODES = new Set<ErrorCode>([
  "REQUEST_INVALID",
  "REQUEST_UNSUPPORTED",
  "CHAT_TEMPLATE",
  "CONTEXT_LENGTH",
  "PROMPT_EMPTY",
  "PROMPT_UNKNOWN",
  "INDEX_RANGE",
  "INPUT_LENGTH",
  "INPUT_MISSING",
  "SAMPLING_OPTION",
  "SEED_INVALID",
  "GENERATE_OPTION",
  "TOKENIZER_TEXT",
  "TOKEN_UNKNOWN",
  "VALUE_RANGE",
]);

/** Codes that OpenAI's clients know by other names. */
const OPENAI_CODES: Partial<Record<ErrorCode, string>> = {
  API_KEY: "invalid_api_key",
  NOT_SERVED: "model_not_found",
  CONTEXT_LENGTH: "context_length_exceeded",
  QUEUE_FULL: "rate_limit_exceeded",
};

/** The answer to an error. One that is not the request's says nothing of the server's inside. */
export function answerOf(error: unknown): Answer {
  const code = error instanceof PapilioError ? error.code : undefined;
  const status =
    (code && STATUSES[code]) ?? (code !== undefined && REQUEST_CODES.has(code) ? 400 : 500);
  const message =
    error instanceof PapilioError && status !== 500
      ? `${error.message} ${error.fix}`
      : "The model failed. The server's log has the reason.";
  return {
    status,
    code: (code && OPENAI_CODES[code]) ?? code?.toLowerCase() ?? "internal_error",
    message,
    type: typeOf(status),
    param: error instanceof RequestError ? error.param : null,
  };
}

/** OpenAI's form of an error. */
export function openAiError({ message, type, param, code }: Answer): object {
  return { error: { message, type, param, code } };
}

function typeOf(status: Answer["status"]): string {
  if (status === 401) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status >= 499 ? "server_error" : "invalid_request_error";
}
