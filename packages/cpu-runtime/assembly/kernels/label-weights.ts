/** What each label counts in a mean, as `src/kernels/label-weights.ts` says. */
@unmanaged
export class LabelWeightsCall {
  /** `[vectors]`, u32 */
  labels: usize;
  /** A number for each vector. */
  y: usize;
  vectors: i32;
  classes: u32;
  ignored: u32;
}

/** There is one item: the labels are few beside what they are the labels of. */
export function labelWeights(call: LabelWeightsCall, _item: i32, _scratch: usize): void {
  const vectors = call.vectors;
  let counted = 0;
  for (let vector = 0; vector < vectors; vector++) counted += counts(call, vector);
  const weight = <f32>vectors / <f32>counted;
  for (let vector = 0; vector < vectors; vector++) {
    const number: f32 = counts(call, vector) !== 0 ? weight : 0;
    store<f32>(call.y + ((<usize>vector) << 2), number);
  }
}

function counts(call: LabelWeightsCall, vector: i32): i32 {
  const label = load<u32>(call.labels + ((<usize>vector) << 2));
  return label !== call.ignored && label < call.classes ? 1 : 0;
}
