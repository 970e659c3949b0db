import { type FewBits, stridesOf } from "@papilio/butterfly/numeric";
import { storeWgsl } from "../epilogue.ts";
import { clamped, opaque, range, storedBlock, times, wideType } from "../wgsl.ts";
import { fewBitsReader } from "./few-bits.ts";
import { UNIT } from "./few-bits-codes.ts";
import { biases, guarded, type Lanes, type LanesInput } from "./lanes.ts";
import { packingOf } from "./packing.ts";
import type { RegisterKroneckerSparse } from "./variant.ts";

/** Blocks whose outputs are written together: one vec4 of each output. */
const BLOCKS_OF_A_STORE = 4;

/** Workgroup memory that a coalesced store takes, in bytes: a float32 for each output of each block. */
export function coalescedStoreBytes({
  tile,
  spans,
  vector,
  workgroup,
}: Pick<RegisterKroneckerSparse, "tile" | "spans" | "vector" | "workgroup">): number {
  return BLOCKS_OF_A_STORE * tile * spans * vector * workgroup * 4;
}

/**
 * Invocations run along the `b` outputs of one block; the inputs of a workgroup, `tile` batch rows
 * of them, are the same for all. Weights are packed `[block][c][b]`, `b` padded to whole loads; those of few bits
 * are read a unit of eight inputs at a time, in any order.
 */
export function outputsLanes({ problem, variant, blocks, inputFeatures }: LanesInput): Lanes {
  const { pattern, batch, sharing, weightDtype } = problem;
  const { vector, spans, tile, reduction, workgroup, broadcast, coalescedStore } = variant;
  const { b, c, d } = pattern;
  const x = stridesOf(problem, inputFeatures);
  const y = stridesOf(problem, pattern.rows);
  const outputs = Math.ceil(b / vector);
  const perWorkgroup = workgroup * spans;
  const outputTiles = Math.ceil(outputs / perWorkgroup);
  const rowTiles = Math.ceil(batch / tile);
  const exactOutputs = outputs % perWorkgroup === 0;
  const exactRows = batch % tile === 0;
  const exactInputs = c % reduction === 0;
  const turns = coalescedStore ? blocks / BLOCKS_OF_A_STORE : blocks;
  // Outputs of a block are `d` features apart, so that they are contiguous only where d = 1.
  const wholeStore = y.feature === 1 && d === 1 && b % vector === 0;
  const widths = {
    x: 1,
    w: vector,
    y: coalescedStore ? BLOCKS_OF_A_STORE : wholeStore ? vector : 1,
  };
  const loads = broadcast === "load" ? 0 : Math.ceil((reduction * tile) / broadcast);

  const readOutput = (s: number): string => clamped(`output${s}`, outputs, exactOutputs);
  const weights = weightDtype === undefined ? inFloats() : inFewBits(weightDtype);

  /** The weights of a turn as they are read: of an input, `vector` outputs. */
  function inFloats(): Pick<Lanes, "along" | "fewBits"> & { readonly enter: readonly string[] } {
    const weightBlock = storedBlock(pattern, sharing, {
      block: "block",
      i: `(block / ${d}u)`,
      k: `(block % ${d}u)`,
    });
    return {
      enter: range(spans).map(
        (s) => `let read${s} = ${weightBlock} * ${c * outputs}u + ${readOutput(s)};`,
      ),
      along: (s, u) => `${wideType(vector)}(w[read${s} + ${times(`l + ${u}u`, outputs)}])`,
    };
  }

  /** Of an output, eight inputs and their scale. */
  function inFewBits(
    bits: FewBits,
  ): Pick<Lanes, "along" | "fewBits"> & { readonly enter: readonly string[] } {
    const packing = problem.packing ?? packingOf(pattern, variant);
    const reader = fewBitsReader(pattern, sharing, packing, bits);
    return {
      enter: [
        `let group_i = block / ${d}u;`,
        `let group_k = block % ${d}u;`,
        ...range(spans).flatMap((s) => [
          `let read${s} = ${readOutput(s)};`,
          `let units${s} = ${reader.unitsOf(`read${s}`)};`,
          `let scales${s} = ${reader.scalesOf(`read${s}`)};`,
        ]),
      ],
      along: (s, u) => reader.number(`unit${s}`, u),
      fewBits: {
        declare: reader.declare,
        scales: range(spans).map((s) => `let scale${s} = ${reader.scale(`scales${s}`, "part")};`),
        scale: (s) => `scale${s}`,
        loads: range(spans).map(
          (s) => `let unit${s} = ${reader.unit(`units${s}`, `l / ${UNIT}u`)};`,
        ),
      },
    };
  }

  const row = (t: string): string => `rowTile * ${tile}u + ${t}`;
  /** Index in y, in elements, of an output of a block in a batch row. */
  const place = (rowIndex: string, output: string, block: string): string =>
    `${times(rowIndex, y.vector)} + ${times(`(${block} / ${d}u * ${b}u + ${output}) * ${d}u + ${block} % ${d}u`, y.feature)}`;
  /** The input of a batch row at a step of the turn; zero past the last, which only a turn of few bits has. */
  const input = (rowIndex: string, step: string): string => {
    const at = exactInputs
      ? `input + ${step} * ${d}u`
      : `first + min(l + ${step}, ${c - 1}u) * ${d}u`;
    const value = `f32(x[${times(rowIndex, x.vector)} + ${times(at, x.feature)}])`;
    return exactInputs ? value : `select(0.0, ${value}, l + ${step} < ${c}u)`;
  };
  const rowGuard = (t: string): string | false => !exactRows && `${row(t)} < ${batch}u`;

  function storeDirectly(t: number, s: number): string {
    const sum = `sum${t}_${s}`;
    if (wholeStore) {
      const at = place(row(`${t}u`), times(`output${s}`, vector), "block");
      return guarded(
        [rowGuard(`${t}u`), !exactOutputs && `output${s} < ${outputs}u`],
        storeWgsl(problem, widths, vector === 1 ? at : `(${at}) / ${vector}u`, sum),
      );
    }
    const elements = range(vector).map((e) => {
      const output = vector === 1 ? `output${s}` : `(output${s} * ${vector}u + ${e}u)`;
      return guarded(
        [(!exactOutputs || b % vector !== 0) && `${output} < ${b}u`],
        storeWgsl(
          problem,
          widths,
          place(row(`${t}u`), output, "block"),
          vector === 1 ? sum : `${sum}[${e}]`,
        ),
      );
    });
    return guarded([rowGuard(`${t}u`)], elements.join(" "));
  }

  // Where an invocation's vec4 of outputs waits: it reads back only what it wrote itself, so that
  // no barrier is needed.
  const slots = tile * spans;
  const slot = (turn: string, index: string): string =>
    `(${turn} * ${slots}u + ${index}) * ${workgroup}u + lane`;

  /** Turns 4 blocks x `vector` outputs into as many outputs x 4 blocks, one slot after the other. */
  function writeCoalesced(): string {
    const stores = range(vector).map((e) => {
      const output = `(output * ${vector}u + ${e}u)`;
      const across = range(BLOCKS_OF_A_STORE).map((turn) =>
        vector === 1 ? `block${turn}` : `block${turn}[${e}]`,
      );
      return guarded(
        [(!exactOutputs || b % vector !== 0) && `${output} < ${b}u`],
        storeWgsl(
          problem,
          widths,
          `(${place("rowIndex", output, "firstBlock")}) / ${BLOCKS_OF_A_STORE}u`,
          `vec4<f32>(${across.join(", ")})`,
        ),
      );
    });
    return `for (var index = 0u; index < ${opaque(slots)}; index++) {
    let rowIndex = ${row(`index / ${spans}u`)};
    let output = outputTile * ${perWorkgroup}u + index % ${spans}u * ${workgroup}u + lane;
    ${range(BLOCKS_OF_A_STORE)
      .map((turn) => `let block${turn} = coalesced[${slot(`${turn}u`, "index")}];`)
      .join("\n    ")}
    ${guarded([rowGuard(`index / ${spans}u`)], stores.join("\n    "))}
  }`;
  }

  return {
    tiles: outputTiles * rowTiles * turns,
    widths,
    locate: [
      `let outputTile = tile % ${outputTiles}u;`,
      // Blocks before rows: the blocks of one super-block read the same cache lines of x when
      // they are interleaved (d > 1); otherwise a block's weights are reused over the rows.
      ...(d > 1
        ? [
            `let block = ${times(`(tile / ${outputTiles}u) % ${turns}u`, coalescedStore ? BLOCKS_OF_A_STORE : 1)};`,
            `let rowTile = tile / ${outputTiles * turns}u;`,
          ]
        : [
            `let rowTile = (tile / ${outputTiles}u) % ${rowTiles}u;`,
            `let block = tile / ${outputTiles * rowTiles}u;`,
          ]),
      ...range(spans).map(
        (s) => `let output${s} = outputTile * ${perWorkgroup}u + ${s * workgroup}u + lane;`,
      ),
      ...range(loads).flatMap((r) => [
        `let member${r} = member + ${r * Number(broadcast)}u;`,
        `let memberRow${r} = ${clamped(row(`member${r} % ${tile}u`), batch, exactRows)};`,
        `let memberStep${r} = min(member${r} / ${tile}u, ${reduction - 1}u);`,
      ]),
    ],
    enter: [`let first = block / ${d}u * ${c * d}u + block % ${d}u;`, ...weights.enter],
    along: weights.along,
    ...(weights.fewBits && { fewBits: weights.fewBits }),
    across: (t, u) => input(clamped(row(`${t}u`), batch, exactRows), `${u}u`),
    ...(broadcast === "load"
      ? {}
      : {
          shared: {
            loads: range(loads).map(
              (r) => `let shared${r} = ${input(`memberRow${r}`, `memberStep${r}`)};`,
            ),
            across: (t, u) => {
              const index = u * tile + t;
              return `subgroupBroadcast(shared${Math.floor(index / broadcast)}, ${index % broadcast}u)`;
            },
          },
        }),
    bias: (_, s) =>
      biases(
        range(vector).map((e) => {
          const output = `${times(`output${s}`, vector)} + ${e}u`;
          const inside = clamped(output, b, exactOutputs && b % vector === 0);
          return `(block / ${d}u * ${b}u + ${inside}) * ${d}u + block % ${d}u`;
        }),
      ),
    store: (t, s) =>
      coalescedStore
        ? `coalesced[${slot("turn", `${t * spans + s}u`)}] = sum${t}_${s};`
        : storeDirectly(t, s),
    ...(coalescedStore
      ? {
          coalescedStore: {
            blocks: BLOCKS_OF_A_STORE,
            declare: `var<workgroup> coalesced: array<${wideType(vector)}, ${BLOCKS_OF_A_STORE * slots * workgroup}>;`,
            write: writeCoalesced(),
          },
        }
      : {}),
  };
}
