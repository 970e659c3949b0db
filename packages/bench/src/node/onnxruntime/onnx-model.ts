import protobuf from "protobufjs/light.js";

/** A node of an ONNX graph. Attributes are whole numbers, lists of them, or text. */
export interface OnnxNode {
  readonly op: "MatMul" | "Transpose" | "Reshape" | "Einsum";
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[] | string>>;
}

/** A constant of an ONNX graph, or what goes in or comes out. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: "float32" | "float16" | "int64";
}

/** A graph of fixed shapes. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly (OnnxTensor & { readonly data: Uint8Array })[];
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

/** Operators as of this version: the first with Einsum in half precision everywhere is older. */
const OPSET = 17;
const IR_VERSION = 8;
const ELEMENT_TYPES = { float32: 1, int64: 7, float16: 10 } as const;
const ATTRIBUTE_TYPES = { int: 2, string: 3, ints: 7 } as const;

const field = (type: string, id: number, repeated = false): protobuf.IField => ({
  type,
  id,
  ...(repeated ? { rule: "repeated" } : {}),
});

/** The messages of ONNX that are needed here; numbers from onnx.proto, IR version 8. */
const Model = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field("int64", 1),
        producerName: field("string", 2),
        graph: field("Graph", 7),
        opsetImport: field("OperatorSet", 8, true),
      },
    },
    OperatorSet: { fields: { domain: field("string", 1), version: field("int64", 2) } },
    Graph: {
      fields: {
        node: field("Node", 1, true),
        name: field("string", 2),
        initializer: field("Tensor", 5, true),
        input: field("ValueInfo", 11, true),
        output: field("ValueInfo", 12, true),
      },
    },
    Node: {
      fields: {
        input: field("string", 1, true),
        output: field("string", 2, true),
        name: field("string", 3),
        opType: field("string", 4),
        attribute: field("Attribute", 5, true),
      },
    },
    Attribute: {
      fields: {
        name: field("string", 1),
        i: field("int64", 3),
        s: field("bytes", 4),
        ints: field("int64", 8, true),
        type: field("int32", 20),
      },
    },
    Tensor: {
      fields: {
        dims: field("int64", 1, true),
        dataType: field("int32", 2),
        name: field("string", 8),
        rawData: field("bytes", 9),
      },
    },
    ValueInfo: { fields: { name: field("string", 1), type: field("Type", 2) } },
    Type: { fields: { tensorType: field("TensorType", 1) } },
    TensorType: { fields: { elemType: field("int32", 1), shape: field("Shape", 2) } },
    Shape: { fields: { dim: field("Dimension", 1, true) } },
    Dimension: { fields: { dimValue: field("int64", 1) } },
  },
}).lookupType("Model");

/** The bytes of an ONNX file. Source: onnx.proto of ONNX 1.12. */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const message = {
    irVersion: IR_VERSION,
    producerName: "papilio",
    opsetImport: [{ domain: "", version: OPSET }],
    graph: {
      name: "product",
      node: graph.nodes.map((node, index) => ({
        input: node.inputs,
        output: [node.output],
        name: `${node.op} ${index}`,
        opType: node.op,
        attribute: Object.entries(node.attributes ?? {}).map(attribute),
      })),
      initializer: graph.initializers.map(({ name, shape, type, data }) => ({
        dims: shape,
        dataType: ELEMENT_TYPES[type],
        name,
        rawData: data,
      })),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  };
  return Model.encode(message).finish();
}

function attribute([name, value]: [string, number | readonly number[] | string]): object {
  if (typeof value === "number") return { name, i: value, type: ATTRIBUTE_TYPES.int };
  return typeof value === "string"
    ? { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPES.string }
    : { name, ints: value, type: ATTRIBUTE_TYPES.ints };
}

function valueInfo({ name, shape, type }: OnnxTensor): object {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}
