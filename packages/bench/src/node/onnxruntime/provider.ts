/** Where ONNX Runtime computes. */
export type Provider = "cpu" | "webgpu";
