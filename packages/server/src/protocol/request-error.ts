import { type ErrorCode, PapilioError } from "@papilio/butterfly";

/** What is wrong with a request, and with which of its fields. */
export class RequestError extends PapilioError {
  /** Name of the field, as OpenAI's clients show it. */
  readonly param: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    { fix, param = null }: { readonly fix: string; readonly param?: string | null },
  ) {
    super(code, message, fix);
    this.param = param;
  }
}

/** A field that is not as its protocol has it. */
export function invalid(message: string, param: string | null = null): RequestError {
  return new RequestError("REQUEST_INVALID", message, { fix: "Correct it.", param });
}

/** A field that asks for what is not computed here. */
export function unsupported(message: string, param: string | null = null): RequestError {
  return new RequestError("REQUEST_UNSUPPORTED", message, { fix: "Leave it out.", param });
}
