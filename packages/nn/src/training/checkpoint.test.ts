import { readSafetensors, toReal, writeSafetensors } from "@papilio/butterfly/files";
import { describe, expect, it } from "vitest";
import { Parameter } from "../modules/parameter.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  readCheckpointSettings,
} from "./checkpoint.ts";

const parameters = new Map([
  ["a.weight", Parameter.of([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))],
  ["a.bias", Parameter.of([2], Float32Array.of(7, 8))],
]);
const numbers = (first: number): Float32Array[] => [
  Float32Array.from({ length: 6 }, (_, at) => first + at / 3),
  Float32Array.of(-0, first),
];
const checkpoint: Checkpoint = {
  state: { steps: 12, parameters: numbers(1), momentum: numbers(2), squares: numbers(3) },
  optimizer: "adamw",
  settings: '{"seed":4}',
};
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("a checkpoint", () => {
  it.each(["adamw", "adam"] as const)("comes back bit by bit, by %s", (optimizer) => {
    const own = { ...checkpoint, optimizer };
    const file = encodeCheckpoint(parameters, own);
    expect(decodeCheckpoint(file, parameters)).toEqual(own);
    expect(readCheckpointSettings(file)).toEqual(checkpoint.settings);
  });

  it("of a run in half precision has the scale of the loss", () => {
    const half = { ...checkpoint.state, lossScale: { scale: 4096, steps: 17 } };
    const file = encodeCheckpoint(parameters, { ...checkpoint, state: half });
    expect(decodeCheckpoint(file, parameters).state).toEqual(half);
  });

  it("has no squares with SGD, and the weights by the names of the parameters", () => {
    const sgd: Checkpoint = {
      ...checkpoint,
      optimizer: "sgd",
      state: { ...checkpoint.state, squares: [] },
    };
    const file = encodeCheckpoint(parameters, sgd);
    expect(decodeCheckpoint(file, parameters)).toEqual(sgd);
    const { tensors } = readSafetensors(file);
    expect([...tensors.keys()].toSorted()).toEqual([
      "a.bias",
      "a.weight",
      "training.momentum.a.bias",
      "training.momentum.a.weight",
    ]);
    const weight = tensors.get("a.weight");
    expect(weight && toReal(weight, "float32")).toEqual(sgd.state.parameters[0]);
  });

  it("of other parameters is refused", () => {
    const file = encodeCheckpoint(parameters, checkpoint);
    const others: [string, Parameter][][] = [
      [["a.weight", new Parameter([2, 3])]],
      [
        ["a.weight", new Parameter([3, 2])],
        ["a.bias", new Parameter([2])],
      ],
      [
        ["b.weight", new Parameter([2, 3])],
        ["a.bias", new Parameter([2])],
      ],
    ];
    for (const other of others) {
      expect(() => decodeCheckpoint(file, new Map(other))).toThrow(code("TRAINER_STATE"));
    }
  });

  it.each([
    ["", "no metadata"],
    ["[", "no JSON"],
    ["null", "nothing"],
    ['{"version":2,"steps":1,"optimizer":"sgd","settings":""}', "another version"],
    ['{"version":1,"steps":-1,"optimizer":"sgd","settings":""}', "steps below 0"],
    ['{"version":1,"steps":0.5,"optimizer":"sgd","settings":""}', "half a step"],
    ['{"version":1,"steps":1,"optimizer":"lion","settings":""}', "another optimizer"],
    ['{"version":1,"steps":1,"optimizer":"sgd","settings":[]}', "settings that are none"],
    [
      '{"version":1,"steps":1,"optimizer":"sgd","settings":"","lossScale":{"scale":0,"steps":1}}',
      "a scale of 0",
    ],
    [`{"version":1,"settings":${"[".repeat(1000)}`, "deep JSON"],
  ])("with metadata %j is refused: %s", (text) => {
    const metadata = text === "" ? {} : { "papilio.training": text };
    const values = Float32Array.of(1);
    const file = writeSafetensors([{ name: "x", dtype: "F32", shape: [1], values }], metadata);
    expect(() => readCheckpointSettings(file)).toThrow(code("CHECKPOINT_INVALID"));
    expect(() => decodeCheckpoint(file, parameters)).toThrow(code("CHECKPOINT_INVALID"));
  });

  it("that is cut off anywhere is refused", () => {
    const file = encodeCheckpoint(parameters, checkpoint);
    for (let length = 0; length < file.length; length += 7) {
      expect(() => decodeCheckpoint(file.slice(0, length), parameters)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^FILE_/) }),
      );
    }
  });
});
