/*
 * `Symbol.dispose` and `Symbol.asyncDispose` where the engine lacks them, as Safari does: classes name
 * methods by them, and compiled `using` declarations look for them. They must exist before the first of
 * those classes is evaluated, so the package's entry imports this module first.
 */
const symbols = Symbol as { dispose?: symbol; asyncDispose?: symbol };
symbols.dispose ??= Symbol.for("Symbol.dispose");
symbols.asyncDispose ??= Symbol.for("Symbol.asyncDispose");
