// The operations as ONNX graphs, encoded as protobuf by hand: a model here has a dozen nodes.
//
// Field numbers: onnx.proto (https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto).

import type { Operation, Shape } from "../cases.ts";

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;

/** What it computes last is its output `result`. */
export interface Model {
  readonly bytes: Uint8Array;
  readonly inputs: readonly ("logits" | "cotangent")[];
}

interface Output {
  name: string;
  type: typeof FLOAT | typeof INT32;
  dims: number[];
}

export function model(operation: Operation, shape: Shape, tau: number): Model {
  const { rows, classes, inner } = shape;
  const dims = inner === 1 ? [rows, classes] : [rows, classes, inner];
  const axis = 1;
  const nodes: Uint8Array[] = [];
  const constants: Uint8Array[] = [];
  const add = (type: string, inputs: string[], output: string, ...attributes: Uint8Array[]): string => {
    nodes.push(node(type, inputs, output, attributes));
    return output;
  };
  const constant = (name: string, type: number, dims: number[], values: Float32Array | BigInt64Array): string => {
    constants.push(tensor(name, type, dims, values));
    return name;
  };

  const noise = (output = "noise"): string => {
    add("RandomUniform", [], "u", int("dtype", FLOAT), ints("shape", dims));
    add("Neg", [add("Log", ["u"], "log")], "exponential");
    return add("Neg", [add("Log", ["exponential"], "loglog")], output);
  };
  const perturbed = (): string => add("Add", ["logits", noise()], "p");
  const softmax = (x: string, output: string): string => {
    const scaled = add("Mul", [x, constant("scale", FLOAT, [], Float32Array.of(1 / tau))], "scaled");
    return add("Softmax", [scaled], output, int("axis", axis));
  };
  const oneHot = (x: string, output: string): string => {
    const index = add("ArgMax", [x], "index", int("axis", axis), int("keepdims", 0));
    const depth = constant("depth", INT64, [], BigInt64Array.of(BigInt(classes)));
    const values = constant("values", FLOAT, [2], Float32Array.of(0, 1));
    return add("OneHot", [index, depth, values], output, int("axis", axis));
  };
  const gradient = (p: string, output: string): string => {
    const y = softmax(p, "y");
    const axes = constant("axes", INT64, [1], BigInt64Array.of(BigInt(axis)));
    const dot = add("ReduceSum", [add("Mul", ["cotangent", y], "weighted"), axes], "dot", int("keepdims", 1));
    return add("Mul", [add("Mul", [y, add("Sub", ["cotangent", dot], "centred")], "unscaled"), "scale"], output);
  };
  const categorical = (output: string): string => {
    let z = "logits";
    if (inner > 1) {
      const lines = constant("lines", INT64, [2], BigInt64Array.of(BigInt(rows * inner), BigInt(classes)));
      z = add("Reshape", [add("Transpose", [z], "swapped", ints("perm", [0, 2, 1])), lines], "flat");
    }
    return add("Multinomial", [z], output, int("dtype", INT32), int("sample_size", 1));
  };

  const full = (name: string): Output => ({ name, type: FLOAT, dims });
  const build: Record<Operation, () => Output[]> = {
    noise: () => [full(noise("result"))],
    softmax: () => [full(softmax("logits", "result"))],
    soft: () => [full(softmax(perturbed(), "result"))],
    hard: () => [full(oneHot(perturbed(), "result"))],
    hardBackward: () => [full(oneHot(perturbed(), "hard")), full(gradient("p", "result"))],
    categorical: () => [{ name: categorical("result"), type: INT32, dims: [rows * inner, 1] }],
  };
  const outputs = build[operation]();
  const inputs: Model["inputs"] =
    operation === "noise" ? [] : operation === "hardBackward" ? ["logits", "cotangent"] : ["logits"];

  const graph = message(
    ...nodes.map((bytes) => field(1, bytes)),
    text(2, operation),
    ...constants.map((bytes) => field(5, bytes)),
    ...inputs.map((name) => field(11, valueInfo(name, FLOAT, dims))),
    ...outputs.map(({ name, type, dims }) => field(12, valueInfo(name, type, dims))),
  );
  const bytes = message(number(1, 8), field(7, graph), field(8, number(2, 17)));
  return { bytes, inputs };
}

function node(type: string, inputs: string[], output: string, attributes: Uint8Array[]): Uint8Array {
  return message(
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, type),
    ...attributes.map((bytes) => field(5, bytes)),
  );
}

/** An attribute: its kind (20) is 2 for one integer (3), 7 for several (8). */
function int(name: string, value: number): Uint8Array {
  return message(text(1, name), number(3, value), number(20, 2));
}

function ints(name: string, values: number[]): Uint8Array {
  return message(text(1, name), ...values.map((value) => number(8, value)), number(20, 7));
}

function tensor(name: string, type: number, dims: number[], values: Float32Array | BigInt64Array): Uint8Array {
  const raw = new Uint8Array(values.buffer as ArrayBuffer);
  return message(...dims.map((size) => number(1, size)), number(2, type), text(8, name), field(9, raw));
}

function valueInfo(name: string, type: number, dims: number[]): Uint8Array {
  const shape = message(...dims.map((size) => field(1, number(1, size))));
  return message(text(1, name), field(2, field(1, message(number(1, type), field(2, shape)))));
}

// Protobuf: a field is its number and wire type, then a varint (0), or a length and as many bytes (2).

function number(at: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(at * 8), ...varint(value)]);
}

function field(at: number, bytes: Uint8Array): Uint8Array {
  return message(Uint8Array.from([...varint(at * 8 + 2), ...varint(bytes.length)]), bytes);
}

function text(at: number, value: string): Uint8Array {
  return field(at, new TextEncoder().encode(value));
}

function message(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
