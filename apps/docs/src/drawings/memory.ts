import { cost, type Layout, Pattern } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import { forEachNonZero, rewritingBytes } from "@papilio/butterfly/pattern";
import { cells, type Drawing, hue, INK, LINE, MUTED, type Panel, rect, SOFT, text } from "./svg.ts";

const WIDTH = 340;

/** What has to move for one multiplication, and what the shuffles move besides. */
export function trafficDrawing(): Drawing {
  const pattern = Pattern.parse("4,64,64,4");
  const batch = 4096;
  const { bytes } = cost(pattern, batch, "f32");
  const shuffles = rewritingBytes("bmm", pattern, batch, "f32");
  const rows: [label: string, parts: [bytes: number, rewriting: boolean][]][] = [
    ["gather the inputs", [[2 * bytes.input, true]]],
    ["multiply blocks", [[bytes.total, false]]],
    ["scatter the outputs", [[2 * bytes.output, true]]],
  ];
  const mebibytes = (count: number): string => `${Math.round(count / 2 ** 20)} MiB`;
  const most = bytes.total + shuffles;
  const panel = (title: string, passes: typeof rows, total: number): Panel => {
    let start = 0;
    const content = passes.map(([label, [part]], index) => {
      const [count, rewriting] = part as [number, boolean];
      const y = 34 * index;
      const [x, width] = [(start / most) * WIDTH, (count / most) * WIDTH];
      start += count;
      return (
        rect(0, y + 17, WIDTH, 12, SOFT) +
        rect(x, y + 17, width, 12, hue(rewriting ? 0 : 1)) +
        text(0, y + 12, label) +
        text(WIDTH, y + 12, mebibytes(count), { anchor: "end", fill: MUTED })
      );
    });
    return {
      title: `${title}: ${mebibytes(total)}`,
      description: passes
        .map(([label, [part]]) => `${label} ${mebibytes(part?.[0] ?? 0)}`)
        .join(", "),
      width: WIDTH,
      height: 34 * passes.length,
      content: content.join(""),
    };
  };
  return {
    name: "traffic",
    caption: `Bytes through memory for (${pattern}) and ${batch} vectors in f32. Orange only rearranges, blue is needed: the fused kernel leaves ${Math.round((100 * shuffles) / most)} % of the traffic out.`,
    panels: [
      panel("Shuffle, multiply, shuffle", rows, most),
      panel(
        "One fused kernel",
        [["multiply blocks in place", [[bytes.total, false]]]],
        bytes.total,
      ),
    ],
  };
}

/** The addresses that one block reads, in either layout. */
export function layoutsDrawing(): Drawing {
  const pattern = Pattern.parse("1,2,2,4");
  const batch = 4;
  const inputs = new Set<number>();
  forEachNonZero(pattern, (row, column) => {
    if (row % pattern.d === 1) inputs.add(column);
  });
  const perLine = 8;
  const size = 36;
  const panel = (layout: Layout): Panel => {
    const { vector, feature } = stridesOf({ batch, layout }, pattern.cols);
    const content: string[] = [];
    for (let n = 0; n < batch; n++) {
      for (let f = 0; f < pattern.cols; f++) {
        const address = n * vector + f * feature;
        const [x, y] = [(address % perLine) * size, Math.floor(address / perLine) * size];
        const read = inputs.has(f);
        content.push(
          rect(x + 1, y + 1, size - 2, size - 2, read ? hue(0) : SOFT, `rx="3"`),
          text(x + size / 2, y + 22, `${n}:${f}`, {
            anchor: "middle",
            size: 11,
            fill: read ? "var(--vp-c-bg)" : MUTED,
            weight: read ? 600 : 400,
          }),
        );
      }
    }
    return {
      title: layout,
      description: `The addresses of ${batch} vectors of ${pattern.cols} features; those that one block reads are ${layout === "batch-last" ? `runs of ${batch}` : "single elements"}`,
      width: perLine * size,
      height: ((batch * pattern.cols) / perLine) * size,
      content: content.join(""),
    };
  };
  return {
    name: "layouts",
    caption: `Memory, address by address, with vector:feature in each place. Orange is what block k = 1 of (${pattern}) reads: features ${[...inputs].join(" and ")}, which lie d = ${pattern.d} apart. Batch-last makes one contiguous run of each.`,
    panels: [panel("batch-first"), panel("batch-last")],
  };
}

/** What one block of a factor reads, multiplies by and writes, in place. */
export function fusedKernelDrawing(): Drawing {
  const pattern = Pattern.parse("1,4,4,4");
  const block = 1;
  const [inputs, outputs] = [new Set<number>(), new Set<number>()];
  forEachNonZero(pattern, (row, column) => {
    if (row % pattern.d !== block) return;
    inputs.add(column);
    outputs.add(row);
  });
  const size = 11;
  const batch = 8;
  const grid = (features: number, meant: ReadonlySet<number>): string => {
    const all = Array.from({ length: features * batch }, (_, index): [number, number] => [
      index % batch,
      Math.floor(index / batch),
    ]);
    return (
      cells(
        all.filter(([, row]) => !meant.has(row)),
        size,
        LINE,
      ) +
      cells(
        all.filter(([, row]) => meant.has(row)),
        size,
        hue(0),
      )
    );
  };
  const values = Array.from({ length: pattern.b * pattern.c }, (_, index): [number, number] => [
    index % pattern.c,
    Math.floor(index / pattern.c),
  ]);
  const top = 22;
  const middle = top + (pattern.rows * size) / 2 - (pattern.b * size) / 2;
  const arrows = [...inputs].map((row) => curve(90, top + (row + 0.5) * size, 142, middle + 22));
  const away = [...outputs].map((row) => curve(196, middle + 22, 248, top + (row + 0.5) * size));
  const content = [
    text(0, 12, "inputs x", { fill: INK }),
    `<g transform="translate(0 ${top})">${grid(pattern.cols, inputs)}</g>`,
    ...arrows,
    text(169, middle - 10, "block", { anchor: "middle" }),
    `<g transform="translate(147 ${middle})">${cells(values, size, hue(1))}</g>`,
    text(169, middle + 62, "sums in", { anchor: "middle", fill: MUTED }),
    text(169, middle + 77, "registers", { anchor: "middle", fill: MUTED }),
    ...away,
    text(252, 12, "outputs y", { fill: INK }),
    `<g transform="translate(252 ${top})">${grid(pattern.rows, outputs)}</g>`,
  ].join("");
  return {
    name: "fused-kernel",
    caption: `Block k = ${block} of (${pattern}), batch-last, ${batch} vectors: its inputs are features ${[...inputs].join(", ")}, its outputs too. The kernel reads and writes these rows where they lie; the permutation is in the addresses, and nothing is copied.`,
    panels: [
      {
        title: "One block, in place",
        description: `Rows ${[...inputs].join(", ")} of the input go through one ${pattern.b} by ${pattern.c} block to rows ${[...outputs].join(", ")} of the output`,
        width: WIDTH,
        height: top + pattern.rows * size + 4,
        content,
      },
    ],
  };
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const middle = (x1 + x2) / 2;
  return `<path d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}" fill="none" stroke="${hue(0)}" stroke-width="1.5"/>`;
}
