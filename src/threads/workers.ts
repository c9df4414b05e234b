// Workers of the hosts: Node, Deno and Bun make them by node:worker_threads, browsers by a Blob URL, which a page may open
// whatever the origin of this module. A worker runs a few lines of source, so that no bundler has to find a file.

/** Data that a worker begins with. */
interface Boot {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly pool: number;
  readonly scratch: number;
  readonly worker: number;
}

export interface Worker {
  terminate(): void;
}

/** Makes a worker. It calls `begun` when the worker works, and `ended` when that does not work any more, or never will. */
export type Host = (boot: Boot, begun: () => void, ended: (reason: string) => void) => Worker;

const WORK = `({ module, memory, pool, scratch, worker }, begun) => {
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
  begun(worker);
  kernels.work(pool, scratch, worker);
}`;

const NODE_SOURCE = `const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
(${WORK})(workerData, (worker) => parentPort.postMessage(worker));`;

const WEB_SOURCE = `onmessage = ({ data }) => {
  (${WORK})(data, (worker) => postMessage(worker));
  close();
};`;

const BLOB_POLICY = "a Content-Security-Policy has to allow worker-src blob: and may not require Trusted Types";

/** The part of node:worker_threads that this file uses. */
interface NodeThreads {
  readonly Worker: new (source: string, options: object) => NodeWorker;
}

interface NodeWorker {
  on(event: string, listener: (value: unknown) => void): void;
  unref(): void;
  terminate(): unknown;
}

interface Runtime {
  readonly process?: { getBuiltinModule?: (name: string) => unknown; versions?: { node?: string } };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
  readonly SharedArrayBuffer?: unknown;
  readonly Worker?: new (url: string) => WebWorker;
}

interface WebWorker {
  addEventListener(event: string, listener: (event: { message?: string; preventDefault(): void }) => void): void;
  postMessage(value: unknown): void;
  terminate(): void;
}

/** The way to make workers here, or the reason why there is none. */
export function findHost(): Host | string {
  const runtime = globalThis as Runtime;
  if (runtime.crossOriginIsolated === false) {
    return "not cross-origin isolated: the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp are missing";
  }
  if (runtime.SharedArrayBuffer === undefined) return "this runtime has no SharedArrayBuffer";
  const threads = builtin("node:worker_threads") as NodeThreads | undefined;
  const web = runtime.Worker && webHost(runtime.Worker);
  if (threads?.Worker) return nodeHost(threads.Worker, web);
  if (web) return web;
  const old = runtime.process?.versions?.node !== undefined && runtime.process.getBuiltinModule === undefined;
  return old ? "workers need Node 20.16, 22.3 or newer (process.getBuiltinModule)" : "this runtime has no workers";
}

/** Threads that run here at the same time. */
export function processors(): number {
  const os = builtin("node:os") as { availableParallelism?: () => number } | undefined;
  return os?.availableParallelism?.() ?? (globalThis as Runtime).navigator?.hardwareConcurrency ?? 1;
}

//  Without an import, which bundlers for browsers would trip over. Electron's renderers and sandboxes may refuse a module.
function builtin(name: string): unknown {
  try {
    return (globalThis as Runtime).process?.getBuiltinModule?.(name);
  } catch {
    return undefined;
  }
}

//  Workers of node:worker_threads, or those of the web in hosts that have the first but cannot run them: Electron's renderers.
function nodeHost(Worker: NodeThreads["Worker"], web: Host | undefined): Host {
  return (boot, begun, ended) => {
    let worker: NodeWorker;
    try {
      // No flags and no NODE_OPTIONS of the program: a worker needs no loader, and some hosts refuse some of them.
      worker = new Worker(NODE_SOURCE, { eval: true, workerData: boot, execArgv: [], env: {} });
    } catch (error) {
      if (web === undefined) throw error;
      return web(boot, begun, ended);
    }
    worker.on("message", (value) => {
      if (value === boot.worker) begun();
    });
    worker.on("error", (error) => ended(`a worker failed: ${(error as Error).message}`));
    worker.on("exit", () => ended("a worker has ended"));
    worker.unref(); // a program ends without `close`
    return { terminate: () => void worker.terminate() };
  };
}

function webHost(Worker: NonNullable<Runtime["Worker"]>): Host {
  return (boot, begun, ended) => {
    const url = URL.createObjectURL(new Blob([WEB_SOURCE], { type: "text/javascript" }));
    let worker: WebWorker | undefined;
    const terminate = () => {
      URL.revokeObjectURL(url);
      worker?.terminate();
    };
    try {
      worker = new Worker(url);
      worker.addEventListener("message", () => {
        URL.revokeObjectURL(url);
        begun();
      });
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        terminate();
        ended(`a worker failed: ${event.message ?? `its script was refused (${BLOB_POLICY})`}`);
      });
      worker.postMessage(boot);
    } catch (error) {
      terminate();
      const { name, message } = error as Error;
      const isPolicy = name === "SecurityError" || message.includes("Trusted");
      throw isPolicy ? new Error(`${message} (${BLOB_POLICY})`) : error;
    }
    return { terminate };
  };
}
