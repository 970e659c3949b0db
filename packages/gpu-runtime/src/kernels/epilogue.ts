import type { StorageDtype } from "@papilio/butterfly";
import { requireOptions } from "@papilio/butterfly/errors";
import { type Activation, requireActivation } from "@papilio/butterfly/numeric";
import type { Binding } from "../device/kernel.ts";
import { activationName, activationWgsl } from "./activation.ts";
import { checks, requireProblem } from "./problem-checks.ts";
import { narrowed, range, storedType, wideType } from "./wgsl.ts";

/**
 * What a multiplication does to its sums before it writes them, each part optional:
 * `y = activation(W x + bias) * multiplier + addend`, in float32 and rounded once, as it is stored.
 */
export interface Epilogue {
  readonly activation?: Activation;
  /** Multiplies by vectors on the device, of exactly y's shape, layout and dtype: a gate. */
  readonly multiply?: boolean;
  /** Adds vectors on the device, of exactly y's shape, layout and dtype: a residual. */
  readonly add?: boolean;
}

/** @throws PapilioError `OPTION_INVALID`, `ACTIVATION_INVALID` */
export function requireEpilogue(epilogue: Epilogue): void {
  requireOptions("The options", epilogue);
  requireProblem("multiplication", epilogue, {
    activation: checks.optional(requireActivation),
    multiply: checks.optional(checks.flag),
    add: checks.optional(checks.flag),
  });
}

/**
 * An epilogue whose operands have their memory. WebGPU lets nothing else of a dispatch be bound to
 * what it writes, nor twice to what shares a buffer with that: an operand that is the memory of x or y
 * is read from there, and has no binding of its own.
 */
export interface PlacedEpilogue extends Epilogue {
  readonly multiplierIn?: "x" | "y";
  readonly addendIn?: "x" | "y";
}

/** What a problem says about its outputs. */
interface Outputs {
  readonly dtype: StorageDtype;
  readonly bias?: boolean;
  readonly epilogue?: PlacedEpilogue;
}

/** Elements of one load of x and of one store to y. */
interface Widths {
  readonly x: number;
  readonly y: number;
}

/** WGSL at module scope that {@link storeWgsl} refers to. */
export function epilogueWgsl({ epilogue }: Outputs, { y }: Pick<Widths, "y">): string {
  return epilogue?.activation === undefined ? "" : activationWgsl(epilogue.activation, y);
}

/** The bindings after x, the weights and y: bias, multiplier, addend, those that there are. */
export function epilogueBindings(
  { dtype, bias, epilogue = {} }: Outputs,
  { y }: Pick<Widths, "y">,
): Binding[] {
  const { multiply, multiplierIn, add, addendIn } = epilogue;
  const elements = storedType(dtype, y);
  return [
    ...(bias ? [{ name: "bias", elements: dtype, access: "read" } as const] : []),
    ...(multiply && !multiplierIn
      ? [{ name: "multiplier", elements, access: "read" } as const]
      : []),
    ...(add && !addendIn ? [{ name: "addend", elements, access: "read" } as const] : []),
  ];
}

/**
 * The statement that writes outputs, as many as one store takes: every kernel's, of its last factor.
 * An operand may be read from y, because an element is read by the invocation that writes it, before.
 *
 * @param at index in y, in stores
 * @param value the sums in float32, the bias included
 */
export function storeWgsl(
  { dtype, epilogue = {} }: Outputs,
  widths: Widths,
  at: string,
  value: string,
): string {
  const { activation, multiply, multiplierIn = "multiplier", add, addendIn = "addend" } = epilogue;
  const finished = [
    activation === undefined ? (multiply ? `(${value})` : value) : `activate(${value})`,
    ...(multiply ? [`* ${operand(multiplierIn, widths)}`] : []),
    ...(add ? [`+ ${operand(addendIn, widths)}`] : []),
  ].join(" ");
  if (!multiply && !add) return `y[${at}] = ${narrowed(dtype, widths.y, finished)};`;
  return `{ let at = ${at}; y[at] = ${narrowed(dtype, widths.y, finished)}; }`;
}

/** What a label says of an epilogue, such as ` then gelu, multiply, add`. */
export function epilogueName({ activation, multiply, add }: Epilogue = {}): string {
  const parts = [
    ...(activation === undefined ? [] : [activationName(activation)]),
    ...(multiply ? ["multiply"] : []),
    ...(add ? ["add"] : []),
  ];
  return parts.length === 0 ? "" : ` then ${parts.join(", ")}`;
}

/** The elements of an operand that belong to store `at`, in float32. */
function operand(binding: string, { x, y }: Widths): string {
  const type = wideType(y);
  if (binding !== "x" || x === y) return `${type}(${binding}[at])`;
  const elements = range(y).map((e) => {
    const index = y === 1 ? "at" : `(at * ${y}u + ${e}u)`;
    return x === 1 ? `f32(x[${index}])` : `f32(x[${index} / ${x}u][${index} % ${x}u])`;
  });
  return y === 1 ? elements.join() : `${type}(${elements.join(", ")})`;
}
