// Who races, and how each is started: a process of its own, so that none disturbs another's compiler, heap or threads.

import { existsSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";

export interface Competitor {
  /** Its name in options and results. */
  readonly id: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
}

export function file(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Where a run of this machine is kept; `kind` tells one that was not whole. */
export function resultFile(kind = "", folder: string = file("results")): string {
  const machine = os.cpus()[0]!.model.trim().toLowerCase();
  return `${folder}/${machine.replace(/[^a-z0-9]+/g, "-")}${kind}.json`;
}

function peer(id: string, ...rest: string[]): Competitor {
  return { id, command: [process.execPath, "--import", "tsx", file("peers/serve.ts"), ...rest] };
}

function python(id: string, script: string): Competitor {
  const environment = file(".venv/bin/python");
  const program = process.env.PYTHON ?? (existsSync(environment) ? environment : "python3");
  return { id, command: [program, file(`python/${script}.py`)] };
}

/** The one that the others are measured against. */
export const OURS = "library";

export const COMPETITORS: readonly Competitor[] = [
  peer(OURS, "library", "caller"),
  peer("resident", "library", "resident"),
  peer("threads-2", "library", "caller", "2"),
  peer("plain", "plain"),
  peer("tensorflow", "tensorflow"),
  peer("tensorflow-2", "tensorflow-chromium", "2"),
  peer("onnx-web", "onnx", "web"),
  peer("onnx-node", "onnx", "node"),
  peer("jax-js", "jax-js"),
  python("torch-eager", "torch_eager"),
  python("torch-by-hand", "torch_by_hand"),
  python("torch-compile", "torch_compile"),
  python("jax", "jax_jit"),
  { id: "limit", command: [process.execPath, file("limit/run.js")] },
];
