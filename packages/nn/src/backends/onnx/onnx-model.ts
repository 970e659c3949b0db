import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  anyNumber,
  bytes as bytesCheck,
  type Check,
  count,
  listOf,
  objectOf,
  oneOf,
  optional,
  recordOf,
  text as textCheck,
  whole,
} from "../../arguments/checks.ts";
import type { OnnxAttribute, OnnxAttributes } from "../../operations/onnx-builder.ts";
import {
  bytes,
  concatenate,
  type Field,
  float,
  integer,
  join,
  message,
  type Piece,
  text,
} from "./protobuf.ts";

/** A node of an ONNX graph: an operator of the standard domain. */
export interface OnnxNode {
  readonly op: string;
  /** Its op and number unless given. */
  readonly name?: string;
  /** Names of values; empty for an optional one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: OnnxAttributes;
}

/** What goes into an ONNX graph or comes out of it, of a fixed shape. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: keyof typeof ELEMENTS;
}

/** A constant of an ONNX graph, little-endian. Numbers that are large may be made when they are written. */
export interface OnnxInitializer extends OnnxTensor {
  readonly data: Uint8Array | (() => Uint8Array);
}

/** A graph of fixed shapes. Nodes stand after those whose results they take. */
export interface OnnxGraph {
  /** `papilio` unless given. */
  readonly name?: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

/** Version of the operators: the first whose AveragePool knows dilations. ONNX Runtime 1.15 has it. */
const OPSET = 19;
/** Version of the format that came with it. */
const IR_VERSION = 9;
/** Numbers of the types in onnx.proto, and bytes of an element. */
const ELEMENTS = {
  float32: { type: 1, bytes: 4 },
  float16: { type: 10, bytes: 2 },
  int64: { type: 7, bytes: 8 },
} as const;
const tensorChecks = {
  name: textCheck,
  shape: listOf(count),
  type: oneOf(...Object.keys(ELEMENTS)),
};
const attributeCheck: Check = (name, value) => {
  if (typeof value === "string") return;
  if (typeof value === "number") whole(name, value);
  else if (Array.isArray(value)) listOf(whole)(name, value);
  else objectOf({ float: anyNumber })(name, value);
};
const dataCheck: Check = (name, value) => {
  if (typeof value !== "function") bytesCheck(name, value);
};
const onnxCheck = objectOf({
  name: optional(textCheck),
  nodes: listOf(
    objectOf({
      op: textCheck,
      name: optional(textCheck),
      inputs: listOf(textCheck),
      outputs: listOf(textCheck),
      attributes: optional(recordOf(attributeCheck)),
    }),
  ),
  initializers: listOf(objectOf({ ...tensorChecks, data: dataCheck })),
  inputs: listOf(objectOf(tensorChecks)),
  outputs: listOf(objectOf(tensorChecks)),
});

const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;
/** What protobuf allows. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The bytes of an ONNX file. Source: onnx.proto of ONNX 1.14, whose field numbers these are.
 *
 * @throws PapilioError `ONNX_SIZE`, before memory is allocated, for more than 2 GiB; `ONNX_TENSOR` for
 *   constants whose bytes are not as many as their shape says
 */
export function encodeOnnx(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  onnxCheck("the ONNX graph", graph);
  const model = join([
    integer(1, IR_VERSION),
    text(2, "papilio"),
    message(7, graphFields(graph)),
    message(8, [text(1, ""), integer(2, OPSET)]),
  ]);
  if (model.size > MOST_BYTES) {
    throw new PapilioError(
      "ONNX_SIZE",
      `The ONNX file would have ${model.size} bytes, and a protobuf message has at most ${MOST_BYTES}.`,
      "Export parts of the model one by one, or use layers with fewer weights.",
    );
  }
  return concatenate(model);
}

function graphFields({ name, nodes, initializers, inputs, outputs }: OnnxGraph): Field[] {
  return [
    ...nodes.map((node, index) => message(1, nodeFields(node, index))),
    text(2, name ?? "papilio"),
    ...initializers.map((initializer) => message(5, initializerFields(initializer))),
    ...inputs.map((input) => message(11, valueFields(input))),
    ...outputs.map((output) => message(12, valueFields(output))),
  ];
}

function nodeFields(
  { op, name, inputs, outputs, attributes = {} }: OnnxNode,
  index: number,
): Field[] {
  return [
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(3, name ?? `${op} ${index}`),
    text(4, op),
    ...Object.entries(attributes).map(([key, value]) =>
      message(5, [text(1, key), ...attributeFields(value)]),
    ),
  ];
}

function attributeFields(value: OnnxAttribute): Field[] {
  const typed = (type: keyof typeof ATTRIBUTE_TYPES): Field => integer(20, ATTRIBUTE_TYPES[type]);
  if (typeof value === "number") return [integer(3, value), typed("int")];
  if (typeof value === "string") return [text(4, value), typed("string")];
  if ("float" in value) return [float(2, value.float), typed("float")];
  return [...value.map((entry) => integer(8, entry)), typed("ints")];
}

function initializerFields({ name, shape, type, data }: OnnxInitializer): Field[] {
  const size = shape.reduce((product, length) => product * length, ELEMENTS[type].bytes);
  const content: Piece = {
    size,
    bytes: () => {
      const made = typeof data === "function" ? data() : data;
      bytesCheck(`What the constant ${name} is made of`, made);
      if (made.byteLength === size) return made;
      throw new PapilioError(
        "ONNX_TENSOR",
        `The constant ${describeValue(name)} has ${made.byteLength} bytes, and its shape [${shape.join(", ")}] in ${type} has ${size}.`,
        "Give as many as the shape has.",
      );
    },
  };
  return [
    ...shape.map((length) => integer(1, length)),
    integer(2, ELEMENTS[type].type),
    text(8, name),
    bytes(9, content),
  ];
}

function valueFields({ name, shape, type }: OnnxTensor): Field[] {
  const dimensions = shape.map((length) => message(1, [integer(1, length)]));
  const tensor = [integer(1, ELEMENTS[type].type), message(2, dimensions)];
  return [text(1, name), message(2, [message(1, tensor)])];
}
