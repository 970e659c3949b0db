import { PapilioError } from "@papilio/butterfly";
import { parseJsonText } from "@papilio/butterfly/files";
import { adjacencyOf, normalizedAdjacency, SparseMatrix } from "@papilio/nn/adjacency";
import { bytesOf, type Subject, textOf } from "./subject.ts";

/** Graphs as programs keep them in JSON: lists of edges, entries, and compressed rows. */
export function graphSubjects(): Subject[] {
  return [
    {
      name: "graph",
      seeds: [
        '{"nodes":4,"edges":[0,1,1,2,2,3]}',
        '{"shape":[3,3],"rows":[0,1,2],"columns":[1,2,0],"values":[0.5,1,2]}',
        '{"shape":[2,3],"starts":[0,1,3],"columns":[2,0,1]}',
      ].map(bytesOf),
      textual: true,
      read: (bytes) => build(jsonOf(bytes)),
    },
  ];
}

/** What a program makes of such a file, with the arrays that TypeScript asks for. */
function build({ nodes, edges, shape, rows, columns, starts, values }: Fields): void {
  if (edges !== undefined) {
    normalizedAdjacency(adjacencyOf({ nodes: nodes as number, edges: list(edges) }));
  } else if (starts !== undefined) {
    new SparseMatrix(
      list(shape) as unknown as [number, number],
      Uint32Array.from(list(starts)),
      Uint32Array.from(list(columns)),
    );
  } else {
    SparseMatrix.fromEntries(
      list(shape) as unknown as [number, number],
      { rows: list(rows), columns: list(columns) },
      values === undefined ? undefined : Float32Array.from(list(values)),
    );
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The elements may be anything; that they are a list is for the program to see to. */
function list(value: unknown): number[] {
  return Array.isArray(value)
    ? value.map((one) => (typeof one === "number" ? one : Number.NaN))
    : [];
}

function jsonOf(bytes: Uint8Array): Fields {
  try {
    return Object(parseJsonText(textOf(bytes)));
  } catch (cause) {
    throw new PapilioError("FILE_HEADER", (cause as Error).message, "Give JSON.", { cause });
  }
}
