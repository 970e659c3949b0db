import { FEW_BITS_KEY, fewBitsTensors } from "@papilio/butterfly/files";
import { StoredTensor } from "./stored-tensor.ts";

/**
 * Puts tensors of `F32` in the place of those of few bits, which become numbers when they are asked for.
 *
 * @throws PapilioError `FILE_HEADER`, `TENSOR_MISSING`, `TENSOR_SHAPE` for what does not fit its description
 */
export function expandFewBits(
  state: Map<string, StoredTensor> & { readonly metadata: Map<string, string> },
): void {
  for (const { name, shape, scales, expand } of fewBitsTensors(state, state.metadata)) {
    const codes = state.get(name) as StoredTensor;
    const bits = state.get(scales) as StoredTensor;
    const bytes = shape.reduce((product, size) => product * size, 4);
    const tensor = new StoredTensor({ name, dtype: "F32", shape }, bytes, () =>
      expand(codes.bytes(), bits.bytes()),
    );
    state.set(name, tensor);
    state.delete(scales);
    state.metadata.delete(FEW_BITS_KEY + name);
  }
}
