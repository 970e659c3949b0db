import { requireOptions } from "@papilio/butterfly/errors";
import { products } from "../layers/butterfly-linear.ts";
import { Gpt2, type Gpt2Config } from "./gpt2.ts";
import type { LinearChoices } from "./model.ts";
import { VisionTransformer, type VisionTransformerConfig } from "./vision-transformer.ts";

/**
 * The replacements of arXiv 2405.15013, section 5, in ViT-S/16: products of two factors, left-most
 * first, for the projections (384 x 384) and both layers of the feed-forward part.
 */
export const VIT_S16_BUTTERFLY: LinearChoices = {
  projection: products(["1,192,48,2; 2,48,192,1"]),
  ffn: products(["1,768,192,2; 6,64,64,1", "1,128,128,3; 6,64,256,1"]),
};

/** ViT-S/16: 384 features, 12 layers of 6 heads, images of 224 x 224. */
export function vitS16(options: Partial<VisionTransformerConfig> = {}): VisionTransformer {
  requireOptions("What vitS16 is given", options);
  return new VisionTransformer({ features: 384, layers: 12, heads: 6, ...options });
}

/** ViT-Tiny/16: 192 features, 12 layers of 3 heads. */
export function vitTiny16(options: Partial<VisionTransformerConfig> = {}): VisionTransformer {
  requireOptions("What vitTiny16 is given", options);
  return new VisionTransformer({ features: 192, layers: 12, heads: 3, ...options });
}

/** GPT-2 medium: 1,024 features, 24 layers of 16 heads. */
export function gpt2Medium(options: Gpt2Config = {}): Gpt2 {
  requireOptions("What gpt2Medium is given", options);
  return new Gpt2({ features: 1024, layers: 24, heads: 16, ...options });
}
