import { CODE_GRIDS, type FewBits } from "@papilio/butterfly/numeric";
import { range } from "../wgsl.ts";

/** Inputs of an output whose codes lie together, a unit: as many bytes as a code has bits. */
export const UNIT = 8;

/** Bytes of a unit, which begins at any byte. */
export function unitBytes(dtype: FewBits): number {
  return CODE_GRIDS[dtype].bits;
}

/** What kernels read for a code: that of a whole number has its sign in its highest bit, for shifts that extend it. */
export function storedCode(dtype: FewBits): (code: number) => number {
  const { bits, whole } = CODE_GRIDS[dtype];
  const sign = whole === undefined ? 0 : 2 ** (bits - 1);
  return (code) => code ^ sign;
}

/** WGSL that reads units of codes. */
export interface UnitReader {
  /** Declarations at module scope: a function `unitAt` of the number of a unit. */
  readonly declare: string;
  /** The number of an input of a unit that `unitAt` returned. */
  number(unit: string, input: number): string;
  /** That of an input that is known to the kernel alone. */
  numberAt(unit: string, input: string): string;
  /** Those of four inputs, as a vector: of the first half of a unit or of the second. */
  numbers(unit: string, half: 0 | 1): string;
}

/** @param binding of words */
export function unitReader(dtype: FewBits, binding: string): UnitReader {
  const { bits } = CODE_GRIDS[dtype];
  // A code lies within a word: all eight of a unit in one, or four in each of two.
  const perWord = bits <= 4 ? UNIT : 4;
  const word = (unit: string, input: number): string =>
    perWord === UNIT ? unit : `${unit}.${input < perWord ? "x" : "y"}`;
  // A code is decoded from the highest bits of a word.
  const shift = (input: number): number => 32 - bits - bits * (input % perWord);
  return {
    declare: `${unitAt(bits, binding)}${decoder("numberOf", 1, dtype)}${decoder("numbersOf", 4, dtype)}`,
    number: (unit, input) => `numberOf(${word(unit, input)} << ${shift(input)}u)`,
    numberAt: (unit, input) => {
      const amount = `${32 - bits}u - ${bits}u * (${input} % ${perWord}u)`;
      const inUnit = `${input} % ${UNIT}u`;
      const read =
        perWord === UNIT ? unit : `select(${unit}.x, ${unit}.y, ${inUnit} >= ${perWord}u)`;
      return `numberOf(${read} << (${amount}))`;
    },
    numbers: (unit, half) => {
      const shifts = range(4).map((e) => `${shift(4 * half + e)}u`);
      return `numbersOf(vec4<u32>(${word(unit, 4 * half)}) << vec4<u32>(${shifts.join(", ")}))`;
    },
  };
}

/** WGSL of a function of words with codes in their highest bits, one word or four. */
function decoder(name: string, width: 1 | 4, dtype: FewBits): string {
  const { bits, whole, fractionBits } = CODE_GRIDS[dtype];
  const [u32, i32, f32] = (["u32", "i32", "f32"] as const).map((type) =>
    width === 1 ? type : `vec4<${type}>`,
  );
  const head = `fn ${name}(codes: ${u32}) -> ${f32} {`;
  if (whole !== undefined) {
    const shifted = `(bitcast<${i32}>(codes) >> ${u32}(${33 - bits - whole.step}u))`;
    // Of steps of two, the lowest bit is that of an odd number.
    const number = whole.step === 1 ? shifted : `${shifted} | ${i32}(1)`;
    return `${head} return ${f32}(${number}); }\n`;
  }
  const leastExponent = 2 - 2 ** (6 - fractionBits);
  // Adapters may take subnormal numbers of float32 for zeros: all codes are made normal ones. Where the exponent is 0, that
  // adds half of the least normal number, and halves the rest.
  return `${head}
  let magnitude = (codes & ${u32}(0x7f000000u)) >> ${u32}(${fractionBits + 1}u);
  let normal = bitcast<${f32}>(magnitude + ${u32}(${126 + leastExponent}u << 23u));
  let number = min(normal, 2.0 * normal - 0x1p${leastExponent}f);
  return bitcast<${f32}>(bitcast<${u32}>(number) | (codes & ${u32}(0x80000000u)));
}
`;
}

/** WGSL that reads a unit: of codes of at most four bits a word, else two, each of four codes in its lowest bits. */
function unitAt(bits: number, binding: string): string {
  const head = `fn unitAt(index: u32) -> ${bits <= 4 ? "u32" : "vec2<u32>"} {`;
  if (bits === 4) return `${head} return ${binding}[index]; }\n`;
  if (bits === 8) {
    return `${head} return vec2<u32>(${binding}[2u * index], ${binding}[2u * index + 1u]); }\n`;
  }
  if (bits < 3) {
    const inWord = 4 / bits;
    return `${head} return ${binding}[index / ${inWord}u] >> (index % ${inWord}u * ${8 * bits}u); }\n`;
  }
  // A shift by 32 is none: what comes from the next word is shifted in two steps.
  const across = (low: string, high: string): string =>
    `(${low} >> shift) | ((${high} << 1u) << (31u - shift))`;
  const start = `fn unitAt(index: u32) -> ${bits <= 4 ? "u32" : "vec2<u32>"} {
  let byte = index * ${bits}u;
  let word = byte / 4u;
  let shift = byte % 4u * 8u;
  let first = ${binding}[word];
  let second = ${binding}[word + 1u];
  let low = ${across("first", "second")};`;
  if (bits === 3) return `${start}\n  return low;\n}\n`;
  const high = bits === 7 ? across("second", `${binding}[word + 2u]`) : "second >> shift";
  return `${start}
  let high = ${high};
  return vec2<u32>(low, (low >> ${4 * bits}u) | (high << ${32 - 4 * bits}u));
}
`;
}
