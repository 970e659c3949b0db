import type { Strides } from "@papilio/butterfly/numeric";
import { clamped, times } from "../wgsl.ts";
import type { AttentionSizes } from "./problem.ts";

/** WGSL that defines `limit`, the keys of `sequence` that any query may see. */
export function limitWgsl({ keys, queries, position, lengths }: AttentionSizes): string {
  const bounds = [
    `${keys}u`,
    // Saturates, so that a position near the end of 32 bits does not wrap around.
    ...(position ? [`min(position[0], ${keys}u) + ${queries}u`] : []),
    ...(lengths ? ["lengths[sequence]"] : []),
  ];
  return `let limit = ${bounds.reduce((least, bound) => `min(${least}, ${bound})`)};`;
}

/** WGSL for the number of keys that query `t` sees, at most `limit`. */
export function visibleTo({ causal, keys, queries, position }: AttentionSizes, t: string): string {
  if (!causal) return "limit";
  if (position) return `min(limit, ${t} + min(position[0], ${keys}u) + 1u)`;
  const offset = keys - queries + 1;
  if (offset >= 0) return `min(limit, ${t} + ${offset}u)`;
  // With more queries than keys the first see nothing.
  return `min(limit, max(${t}, ${-offset}u) - ${-offset}u)`;
}

/** WGSL for the head of k and v that head `head` uses. */
export function keyValueHead({ heads, keyValueHeads }: AttentionSizes): string {
  const group = heads / keyValueHeads;
  return group === 1 ? "head" : `(head / ${group}u)`;
}

/** WGSL for where feature 0 of a head of a vector lies. */
export function headAt(
  { headFeatures }: AttentionSizes,
  stride: Strides,
  vector: string,
  head: string,
): string {
  return `${times(vector, stride.vector)} + ${times(head, headFeatures * stride.feature)}`;
}

/** WGSL for the vector of key `u`, clamped to those of its sequence. */
export function keyVector({ keys, pages }: AttentionSizes, u: string): string {
  const key = clamped(u, keys, false);
  if (pages === undefined) return `(sequence * ${keys}u + ${key})`;
  const { size, count } = pages;
  const page = clamped(`pages[sequence * ${keys / size}u + ${key} / ${size}u]`, count, false);
  return `(${page} * ${size}u + ${key} % ${size}u)`;
}
