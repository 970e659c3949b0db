import { Chain, LAYOUTS, type Layout, PapilioError, type StorageDtype } from "@papilio/butterfly";

/** What the playground multiplies by what, as its address keeps it. */
export interface Settings {
  /** Patterns of the factors, as `Chain.parse` reads them; may be under way to a chain. */
  readonly chain: string;
  readonly batch: number;
  readonly dtype: StorageDtype;
  readonly layout: Layout;
}

export const DEFAULTS: Settings = {
  chain: Chain.monarch(1024).toString(),
  batch: 128,
  dtype: "f32",
  layout: "batch-last",
};

/** Stored values, and elements of a batch, up to which a reader's machine is not overwhelmed. */
const MOST_VALUES = 2 ** 22;
const MOST_ELEMENTS = 2 ** 24;
const MOST_BATCH = 65_536;

/** Reads a page's query; what is missing there or makes no sense is as in the defaults. */
export function readSettings(query: string): Settings {
  const found = new URLSearchParams(query);
  const batch = Number(found.get("batch"));
  const dtype = found.get("dtype");
  const layout = LAYOUTS.find((name) => name === found.get("layout"));
  return {
    chain: found.get("chain")?.slice(0, 1000) ?? DEFAULTS.chain,
    batch: Number.isInteger(batch) && batch >= 1 && batch <= MOST_BATCH ? batch : DEFAULTS.batch,
    dtype: dtype === "f16" || dtype === "f32" ? dtype : DEFAULTS.dtype,
    layout: layout ?? DEFAULTS.layout,
  };
}

/** The query of settings: what differs from the defaults, with a question mark, or nothing. */
export function writeSettings(settings: Settings): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== DEFAULTS[name as keyof Settings]) query.set(name, String(value));
  }
  // Commas and semicolons are allowed in a query, and patterns are easier to read with them.
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
  return text === "" ? "" : `?${text}`;
}

/** The chain, or why there is none. */
export type ReadChain =
  | { readonly chain: Chain }
  | { readonly problem: string; readonly fix: string };

/** Reads a chain, and refuses one that is not chainable, or too large to draw and to compute in a page. */
export function readChain(text: string): ReadChain {
  try {
    const chain = Chain.parse(text);
    chain.product(); // the page draws it: refuses factors that are not chainable
    if (chain.nonZeros <= MOST_VALUES && Math.max(chain.rows, chain.cols) <= MOST_ELEMENTS) {
      return { chain };
    }
    return {
      problem: `The chain has ${chain.nonZeros} values; the playground takes ${MOST_VALUES} at most.`,
      fix: "Take a smaller one, or use papilio bench.",
    };
  } catch (error) {
    if (error instanceof PapilioError) return { problem: error.message, fix: error.fix };
    throw error;
  }
}

/** Why a batch of vectors is too large for the playground, or undefined. */
export function reasonNotToRun({ rows, cols }: Chain, batch: number): string | undefined {
  const elements = batch * Math.max(rows, cols);
  return elements <= MOST_ELEMENTS
    ? undefined
    : `${batch} vectors have ${elements} elements; the playground takes ${MOST_ELEMENTS} at most.`;
}
