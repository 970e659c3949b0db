import { saveStateDict } from "../save-state-dict.ts";
import { StoredTensor } from "../stored-tensor.ts";

export const INDEX = "model.safetensors.index.json";

/** Three tensors of 200, 400 and 600 bytes, in a file and in shards of one each. */
export const STATE: Map<string, StoredTensor> = new Map(
  ["a", "b", "c"].map((name, index) => {
    const values = Float32Array.from({ length: 50 * (index + 1) }, (_, at) => at + index / 4);
    const shape = [index + 1, 50];
    return [name, StoredTensor.of({ name, dtype: "F32", shape, values })];
  }),
);
export const SINGLE: Uint8Array<ArrayBuffer> = saveStateDict(STATE).get(
  "model.safetensors",
) as Uint8Array<ArrayBuffer>;
export const SHARDS: Map<string, Uint8Array<ArrayBuffer>> = saveStateDict(STATE, {
  maxShardBytes: 400,
});
/** Bytes of the tensors. */
export const TOTAL = 1200;
export const FIRST = "model-00001-of-00003.safetensors";
