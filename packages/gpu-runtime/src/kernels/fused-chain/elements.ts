/** How the numbers of one invocation lie in memory: WGSL that reads and writes them. */
export interface Elements {
  /** Numbers that it computes side by side, and the blocks among them: each has its own weights. */
  readonly width: number;
  readonly neighbours: number;
  /** Elements of a load and of a store. */
  readonly widths: { readonly x: number; readonly y: number };
  /** Vectors, or groups of neighbouring ones, and blocks, or groups of neighbouring ones. */
  readonly columns: number;
  readonly blocks: number;
  /** Its number among the blocks whose weights are stored: see `storedBlock`. */
  readonly place: { readonly block: string; readonly i: string; readonly k: string };
  /** Statements that find its place, given its `block` and `column`. */
  readonly begin: readonly string[];
  /** Reads input `p`, from the buffer of that name. */
  input(p: number, x: string): string;
  /** Statements that write the outputs, given the names of their values. */
  write(values: readonly string[]): string[];
  /** First value of output `q`. */
  bias(q: number): string;
}
