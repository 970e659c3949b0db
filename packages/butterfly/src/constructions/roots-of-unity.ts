import { requireNumber } from "../errors/argument-checks.ts";

/** A complex number. */
export interface ComplexNumber {
  readonly re: number;
  readonly im: number;
}

/**
 * `exp(-2πi·k/n)`, exact at multiples of an eighth of a turn but for the rounding of `sqrt(1/2)`: the
 * angle is reduced to an eighth before its sine and cosine are taken.
 *
 * @param k a whole number
 * @param n a whole number of at least 1
 * @throws PapilioError `OPTION_INVALID` for what is not a number
 */
export function rootOfUnity(k: number, n: number): ComplexNumber {
  requireNumber("The power", k);
  requireNumber("The number of roots", n);
  // In eighths of a turn, so that every reduction is exact.
  const turn = ((8 * k) % (8 * n)) / n;
  const eighths = turn < 0 ? turn + 8 : turn;
  const octant = Math.floor(eighths);
  const rest = eighths - octant;
  const angle = ((octant % 2 === 0 ? rest : 1 - rest) * Math.PI) / 4;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = ([
    [cosine, sine],
    [sine, cosine],
    [-sine, cosine],
    [-cosine, sine],
    [-cosine, -sine],
    [-sine, -cosine],
    [sine, -cosine],
    [cosine, -sine],
  ][octant] ?? [1, 0]) as [number, number];
  // No negative zeros.
  return { re: x + 0, im: 0 - y };
}

export function multiplyNumbers(x: ComplexNumber, y: ComplexNumber): ComplexNumber {
  return { re: x.re * y.re - x.im * y.im, im: x.re * y.im + x.im * y.re };
}
