import { Chain } from "@papilio/butterfly";
import { fourier, hadamard } from "@papilio/butterfly/constructions";
import {
  loadButterflies,
  npyValues,
  readNpy,
  readNpyValues,
  readSafetensors,
  saveButterflies,
  toComplex,
  toReal,
  writeNpy,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { describeChain } from "../../commands/inspect.ts";
import { parseNumbers } from "../../files/numbers-file.ts";
import { supportsAsSvg } from "../../render/draw-support.ts";
import { NPY_HEADER, SAFETENSORS_HEADER } from "./framing.ts";
import { bytesOf, inPieces, orRefused, type Subject, textOf } from "./subject.ts";

/** Files of arrays and matrices. */
export function numberSubjects(): Subject[] {
  const npy = [
    writeNpy(Float32Array.from({ length: 6 }, Math.sqrt), [2, 3]),
    writeNpy({ re: Float64Array.of(1, 2), im: Float64Array.of(3, 4) }, [2]),
    fortran(),
  ];
  const safetensors = [
    writeSafetensors(
      [
        { name: "a", dtype: "F32", shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) },
        { name: "b.weight", dtype: "F16", shape: [3], values: Float32Array.of(1, 2, 3) },
        { name: "ids", dtype: "U32", shape: [1, 2], values: Uint32Array.of(1, 2) },
      ],
      { format: "pt", note: "x" },
    ),
  ];
  const butterflies = [
    saveButterflies({ h: hadamard(8), second: hadamard(4) }),
    saveButterflies({ f: fourier(8) }),
  ];
  const readNumbers = (file: Uint8Array): void => {
    const array = readNpy(file);
    npyValues(array, "float64");
    readNpyValues(inPieces(file), "float32");
  };
  const readTensors = (file: Uint8Array): void => {
    for (const tensor of readSafetensors(file).tensors.values()) {
      orRefused(() => toReal(tensor, "float32"));
      orRefused(() => toComplex(tensor, "float64"));
    }
  };
  const inspect = (file: Uint8Array): void => {
    for (const { matrix } of loadButterflies(file).values()) {
      orRefused(() => describeChain(matrix.chain));
      orRefused(() => supportsAsSvg(matrix.chain));
    }
  };
  return [
    { name: "npy", seeds: npy, textual: false, read: readNumbers },
    { name: "npy header", seeds: npy, textual: true, frame: NPY_HEADER, read: readNumbers },
    { name: "safetensors", seeds: safetensors, textual: false, read: readTensors },
    {
      name: "safetensors header",
      seeds: safetensors,
      textual: true,
      frame: SAFETENSORS_HEADER,
      read: readTensors,
    },
    {
      name: "butterfly file",
      seeds: butterflies,
      textual: true,
      frame: SAFETENSORS_HEADER,
      read: inspect,
    },
    {
      name: "CSV",
      seeds: ["1,2,3\n4,5,6\n", "# x\n1.5e-3 -2\n3 4", '"1";"2"\r\n3;4\r\n'].map(bytesOf),
      textual: true,
      read: (bytes) => parseNumbers("x.csv", inPieces(bytes), "float64"),
    },
    {
      name: "Matrix Market",
      seeds: [
        "%%MatrixMarket matrix coordinate real general\n% x\n3 3 2\n1 1 1.5\n2 3 -2e3\n",
        "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n",
        "%%MatrixMarket matrix array complex general\n2 1\n1 2\n3 4\n",
        "%%MatrixMarket matrix array integer skew-symmetric\n3 3\n1\n2\n3\n",
      ].map(bytesOf),
      textual: true,
      read: (bytes) => parseNumbers("x", inPieces(bytes), "float32"),
    },
    {
      name: "chain",
      seeds: ["1,2,2,4;2,2,2,2;4,2,2,1", "(4,64,64,4)"].map(bytesOf),
      textual: true,
      read: (bytes) => describeChain(Chain.parse(textOf(bytes))),
    },
  ];
}

/** An array whose first index runs fastest. */
function fortran(): Uint8Array {
  const file = writeNpy(Float64Array.from({ length: 8 }, Math.exp), [2, 2, 2]);
  return bytesOfLatin1(
    Buffer.from(file)
      .toString("latin1")
      .replace("'fortran_order': False", "'fortran_order': True "),
  );
}

function bytesOfLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
