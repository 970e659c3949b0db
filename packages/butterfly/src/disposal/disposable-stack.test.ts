import { afterEach, describe, expect, it, vi } from "vitest";
import { PortableDisposableStack } from "./disposable-stack.ts";

// Other files of the process must not find a module that was evaluated under a stub.
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** What a program sees of a stack: the same of the engine's own and of ours. */
function observe(Stack: DisposableStackConstructor): unknown[] {
  const seen: unknown[] = [];
  const note = (text: string) => () => void seen.push(text);
  const attempt = (work: () => unknown): void => {
    try {
      seen.push(work());
    } catch (error) {
      seen.push(describeError(error));
    }
  };
  const stack = new Stack();
  seen.push(stack.use({ [Symbol.dispose]: note("used") }) !== undefined);
  attempt(() => stack.use(null));
  attempt(() => stack.use(undefined));
  attempt(() => stack.use({} as Disposable));
  attempt(() => stack.adopt("value", (value) => void seen.push(`adopted ${value}`)));
  stack.defer(note("deferred"));
  const moved = stack.move();
  seen.push(stack.disposed, moved.disposed, String(moved));
  attempt(() => stack.move());
  attempt(() => stack.use(null));
  attempt(() => stack.defer(note("never")));
  stack.dispose();
  moved[Symbol.dispose]();
  moved.dispose();
  seen.push(moved.disposed);
  const failing = new Stack();
  for (const name of ["first", "second", "third"]) {
    failing.defer(() => {
      seen.push(name);
      if (name !== "second") throw new RangeError(name);
    });
  }
  attempt(() => failing.dispose());
  attempt(() => failing.dispose());
  return seen;
}

function describeError(error: unknown): unknown {
  const { name, error: last, suppressed } = error as SuppressedError;
  return last === undefined ? name : [name, String(last), String(suppressed)];
}

const expected = [
  ...[true, null, undefined, "TypeError", "value"],
  ...[true, false, "[object DisposableStack]"],
  ...["ReferenceError", "ReferenceError", "ReferenceError"],
  ...["deferred", "adopted value", "used", true],
  ...["third", "second", "first"],
  ["SuppressedError", "RangeError: first", "RangeError: third"],
  undefined,
];

describe("the portable DisposableStack", () => {
  it("does what the standard says", () => {
    expect(observe(PortableDisposableStack)).toEqual(expected);
  });

  it.runIf("DisposableStack" in globalThis)("does what the engine's own does", () => {
    expect(observe(globalThis.DisposableStack)).toEqual(expected);
  });

  it("has an error of the same shape where the engine has no SuppressedError", () => {
    vi.stubGlobal("SuppressedError", undefined);
    expect(observe(PortableDisposableStack)).toEqual(expected);
  });

  it.each([undefined, class {}])("is chosen only where the engine has none", async (own) => {
    vi.stubGlobal("DisposableStack", own);
    vi.resetModules();
    const { DisposableStack, PortableDisposableStack: Ours } = await import(
      "./disposable-stack.ts"
    );
    expect(DisposableStack).toBe(own ?? Ours);
  });
});
