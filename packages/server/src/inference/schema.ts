import * as v from "valibot";

/** An input as the protocol describes it, with its numbers in JSON or with how many bytes they are. */
export interface InferInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: "FP32" | "FP64" | "INT32" | "UINT32" | "INT64" | "UINT64";
  readonly parameters?: { readonly binary_data_size?: number | undefined } | undefined;
  readonly data?: unknown[] | undefined;
}

export interface InferRequest {
  readonly id?: string | undefined;
  readonly parameters?: { readonly binary_data_output?: boolean | undefined } | undefined;
  readonly inputs: readonly InferInput[];
  readonly outputs?:
    | readonly {
        readonly name: string;
        readonly parameters?: { readonly binary_data?: boolean | undefined } | undefined;
      }[]
    | undefined;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What the Open Inference Protocol v2 has in the body of a request: its JSON, or the head of its bytes. */
export const inferSchema: v.GenericSchema<unknown, InferRequest> = v.object({
  id: v.optional(v.string()),
  parameters: v.optional(v.object({ binary_data_output: v.optional(v.boolean()) })),
  inputs: v.pipe(
    v.array(
      v.object({
        name: v.string(),
        shape: v.pipe(v.array(count), v.maxLength(8)),
        datatype: v.picklist(["FP32", "FP64", "INT32", "UINT32", "INT64", "UINT64"]),
        parameters: v.optional(v.object({ binary_data_size: v.optional(count) })),
        data: v.optional(v.array(v.unknown())),
      }),
    ),
    v.minLength(1),
  ),
  outputs: v.optional(
    v.array(
      v.object({
        name: v.string(),
        parameters: v.optional(v.object({ binary_data: v.optional(v.boolean()) })),
      }),
    ),
  ),
});
