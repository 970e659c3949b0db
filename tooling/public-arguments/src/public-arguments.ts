export { manifestEntries, repeatedNames } from "./package-entries.ts";

/** A call of a public function with arguments that it accepts, made again for each attempt. */
export interface PublicCall {
  readonly arguments: readonly unknown[];
  readonly run: (...values: readonly unknown[]) => unknown;
  /** How deep values within arguments are replaced: everywhere unless given, 1 for arguments alone. */
  readonly depth?: number;
}

/** Valid calls by what is called: `name` of an export, `Class`, `Class.static`, `Class#method`. */
export type PublicCalls = Readonly<Record<string, () => PublicCall>>;

/** What came of a call: nothing wrong, a coded refusal, or a fault of the function. */
export interface Attempt {
  /** What was called and which argument was replaced by what: `Linear: [0].bias = "text"`. */
  readonly what: string;
  readonly outcome: "accepted" | "refused" | "fault";
  /** Whether the value is of another kind than the one that it takes the place of. */
  readonly otherKind: boolean;
  readonly detail: string;
}

/** What JavaScript hands in where TypeScript would have refused it. Made again for each call. */
const WRONG: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a number": () => 7,
  NaN: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  "-1": () => -1,
  "1.5": () => 1.5,
  "a text": () => "text",
  "a boolean": () => true,
  "a symbol": () => Symbol("wrong"),
  "a bigint": () => 7n,
  "{}": () => ({}),
  "[]": () => [],
  "a function": () => () => undefined,
  "a typed array": () => new Float64Array(3),
  "a Date": () => new Date(0),
};

/** Milliseconds after which a call is taken to hang. */
const LONGEST = 10_000;

/** A call of a function. */
export function call(
  run: (...values: never[]) => unknown,
  ...values: readonly unknown[]
): PublicCall {
  return { arguments: values, run: run as PublicCall["run"] };
}

/** A construction. */
export function create(
  type: new (...values: never[]) => unknown,
  ...values: readonly unknown[]
): PublicCall {
  return { arguments: values, run: (...given) => Reflect.construct(type, given) };
}

/** A call of a method. */
export function invoke(object: object, name: string, ...values: readonly unknown[]): PublicCall {
  const method = Reflect.get(object, name) as PublicCall["run"];
  return { arguments: values, run: (...given) => Reflect.apply(method, object, given) };
}

/** A call whose arguments are replaced, and what is within them down to a depth. */
export function shallow(one: PublicCall, depth: number = 1): PublicCall {
  return { ...one, depth };
}

/** Makes every call with the arguments of the table, and throws what the first of them throws, with its name. */
export async function makeAll(calls: PublicCalls): Promise<void> {
  for (const [name, make] of Object.entries(calls)) {
    await attempt(make()).catch((cause: unknown) => {
      throw new Error(`${name}: ${cause}`, { cause });
    });
  }
}

/** The valid call itself: it is awaited, and of a generator the first value is taken. */
export async function attempt({ run, arguments: values }: PublicCall): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${LONGEST} ms`)), LONGEST);
  });
  try {
    return await Promise.race([settle(run(...values)), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function settle(result: unknown): Promise<unknown> {
  const given: unknown = await result;
  if (typeof given !== "object" || given === null) return given;
  if (Symbol.asyncIterator in given && Symbol.toStringTag in given) {
    return (given as unknown as AsyncGenerator).next();
  }
  return given;
}

/**
 * Calls each function with each argument, each member of an options object and each first element of a
 * list replaced by each wrong value.
 */
export async function sweep(calls: PublicCalls): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const [name, make] of Object.entries(calls)) {
    const { arguments: valid, depth = Number.POSITIVE_INFINITY } = make();
    for (const place of placesOf(valid).filter(({ length }) => length <= depth)) {
      for (const [kind, wrong] of Object.entries(WRONG)) {
        const { run, arguments: values } = make();
        const value = wrong();
        const given = replaced(values, place, value) as readonly unknown[];
        const what = `${name}: ${place.map((key) => `[${key}]`).join("")} = ${kind}`;
        const own = at(values, place);
        // One that is absent in the valid call does not tell of what kind it would be.
        const otherKind = own !== undefined && own !== null && kindOf(own) !== kindOf(value);
        attempts.push({ what, otherKind, ...(await outcomeOf({ run, arguments: given })) });
      }
    }
  }
  return attempts;
}

/**
 * What is wrong with the outcomes: faults, and values of another kind that were taken without a word.
 * Undefined is what an option is that is not given.
 *
 * @param taken values of another kind that a function is made for, by what they are called in an attempt
 */
export function mistakes(attempts: readonly Attempt[], taken: readonly RegExp[] = []): string[] {
  return attempts
    .filter(({ what, outcome, otherKind }) => {
      if (outcome === "fault") return true;
      const other = outcome === "accepted" && otherKind && !what.endsWith("= undefined");
      return other && !taken.some((pattern) => pattern.test(what));
    })
    .map(({ what, outcome, detail }) => `${what}: ${outcome} ${detail}`.trim());
}

/** What a module exports that can be called, as a table of calls names it. */
export function callableExports(module: object): string[] {
  const names: string[] = [];
  for (const [name, value] of Object.entries(module)) {
    if (typeof value !== "function") continue;
    if (!isClass(value)) {
      names.push(name);
      continue;
    }
    if (!isAbstract(value)) names.push(name);
    names.push(...methodsOf(value).map((own) => `${name}.${own}`));
    names.push(...methodsOf(value.prototype as object).map((own) => `${name}#${own}`));
  }
  return names.sort();
}

function isClass(value: object): value is { readonly prototype: object; readonly length: number } {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** Those without parameters have no argument that could be wrong. */
function isAbstract(type: { readonly length: number }): boolean {
  const source = Function.prototype.toString.call(type);
  return !/\bconstructor\s*\(\s*[^)\s]/.test(source);
}

/** Names of own methods that have parameters. */
function methodsOf(object: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(object))
    .filter(([name, { value }]) => name !== "constructor" && typeof value === "function")
    .filter(([, { value }]) => /^[^(]*\(\s*[^)\s]/.test(Function.prototype.toString.call(value)))
    .filter(([, { value }]) => !isClass(value as object))
    .map(([name]) => name);
}

type Place = readonly (string | number)[];

/** Where a value is replaced: every argument, and what is within lists and plain objects. */
function placesOf(value: unknown, depth: number = 0): Place[] {
  const within = (keys: readonly (string | number)[]): Place[] =>
    keys.flatMap((key): Place[] => [
      [key],
      ...placesOf((value as Record<string | number, unknown>)[key], depth + 1).map(
        (place): Place => [key, ...place],
      ),
    ]);
  if (Array.isArray(value)) {
    return within(depth === 0 ? [...value.keys()] : value.length > 0 ? [0] : []);
  }
  return isPlain(value) ? within(Object.keys(value)) : [];
}

function replaced(value: unknown, [key, ...rest]: Place, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.with(key as number, replaced(value[key as number], rest, by));
  }
  const object = value as Record<string, unknown>;
  return { ...object, [key]: replaced(object[key], rest, by) };
}

function at(value: unknown, place: Place): unknown {
  return place.reduce((found, key) => (found as Record<string | number, unknown>)[key], value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** Objects are distinguished by the functions alone: TypeScript goes by their members. */
function kindOf(value: unknown): string {
  if (typeof value !== "object") return typeof value;
  if (value === null) return "null";
  return Array.isArray(value) || ArrayBuffer.isView(value) ? tagOf(value) : "object";
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

async function outcomeOf(one: PublicCall): Promise<Pick<Attempt, "outcome" | "detail">> {
  try {
    const result = await attempt(one);
    if (typeof result === "object" && result !== null && Symbol.dispose in result) {
      (result as Disposable)[Symbol.dispose]();
    }
    return { outcome: "accepted", detail: "" };
  } catch (error) {
    if (!(error instanceof Error)) return { outcome: "fault", detail: String(error) };
    const { name, message, stack = "" } = error;
    const { code, fix } = error as { code?: unknown; fix?: unknown };
    const coded = name === "PapilioError" && typeof code === "string" && /^[A-Z0-9_]+$/.test(code);
    if (coded && typeof fix === "string" && fix !== "") {
      return { outcome: "refused", detail: `${code}: ${message}` };
    }
    const where = stack.split("\n").find((line) => line.includes("/src/"));
    return { outcome: "fault", detail: `${name}: ${message} ${where?.trim() ?? ""}` };
  }
}
