import { judge, type Verdict } from "./judge.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Subject } from "./subject.ts";

/** A changed file, which follows from the seed and the number of the case. */
export interface Mutant {
  readonly subject: Subject;
  readonly bytes: Uint8Array;
}

/** The file of a case. */
export function mutantOf(subjects: readonly Subject[], seed: number, index: number): Mutant {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ index);
  const subject = subjects[index % subjects.length] as Subject;
  const file = random.pick(subject.seeds);
  const { textual, frame } = subject;
  // With its frame, the header is changed and stays as long as it says; now and then all of the file.
  if (frame === undefined || random.below(8) === 0) {
    return { subject, bytes: mutate(file, random, { textual, others: subject.seeds }) };
  }
  const others = subject.seeds.map(frame.take);
  return { subject, bytes: frame.put(mutate(frame.take(file), random, { textual, others }), file) };
}

/** Makes the file of a case, and judges how it is read. */
export async function runCase(
  subjects: readonly Subject[],
  seed: number,
  index: number,
): Promise<Verdict & { readonly subject: string; readonly bytes: number }> {
  const { subject, bytes } = mutantOf(subjects, seed, index);
  return { subject: subject.name, bytes: bytes.length, ...(await judge(subject.read, bytes)) };
}
