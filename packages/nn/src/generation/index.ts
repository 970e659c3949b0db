export { requireLogits } from "./logits.ts";
export { type Sampler, type SamplingOptions, sampler } from "./sampling.ts";
export {
  type GeneratedToken,
  type GenerateOptions,
  type GeneratorOptions,
  TextGenerator,
} from "./text-generator.ts";
