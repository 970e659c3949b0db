import { forEachProduct, type LocalFactor } from "./local-factors.ts";

/** How weights and numbers are multiplied: WGSL expressions. */
export interface Arithmetic {
  multiply(weight: string, number: string): string;
  multiplyAdd(weight: string, number: string, sum: string): string;
}

/** Of real numbers, or of as many side by side as the type has. */
export function realArithmetic(type: string): Arithmetic {
  return {
    multiply: (weight, number) => `${type}(${weight}) * ${number}`,
    multiplyAdd: (weight, number, sum) => `fma(${type}(${weight}), ${number}, ${sum})`,
  };
}

/**
 * WGSL that applies factors to numbers in registers, product by product, without a loop.
 *
 * @param factors in the order in which they are applied
 * @param input expression of input `p`
 * @param weight expression of weight number `e`; `before` has what must stand before it
 * @param first expression of what output `q` of the last factor begins with, if anything
 * @returns statements, and the names of the outputs
 */
export function unrolled(
  factors: readonly LocalFactor[],
  arithmetic: Arithmetic,
  input: (p: number) => string,
  weight: (e: number) => { readonly before: readonly string[]; readonly value: string },
  first?: (q: number) => string,
): { readonly statements: string[]; readonly outputs: string[] } {
  const statements: string[] = [];
  const last = factors.at(-1);
  const sum = (factor: LocalFactor, output: number): string => `v${factor.index}_${output}`;
  const begun = new Set<string>();
  let previous: LocalFactor | undefined;
  let current: LocalFactor | undefined;
  let e = 0;
  forEachProduct(factors, (factor, output, from) => {
    if (factor !== current) {
      previous = current;
      current = factor;
    }
    const { before, value } = weight(e++);
    statements.push(...before);
    const operand = previous === undefined ? input(from) : sum(previous, from);
    const name = sum(factor, output);
    if (begun.has(name)) {
      statements.push(`${name} = ${arithmetic.multiplyAdd(value, operand, name)};`);
      return;
    }
    begun.add(name);
    const initial = factor === last ? first?.(output) : undefined;
    statements.push(
      initial === undefined
        ? `var ${name} = ${arithmetic.multiply(value, operand)};`
        : `var ${name} = ${arithmetic.multiplyAdd(value, operand, initial)};`,
    );
  });
  const outputs =
    last === undefined ? [] : Array.from({ length: last.pattern.rows }, (_, q) => sum(last, q));
  return { statements, outputs };
}
