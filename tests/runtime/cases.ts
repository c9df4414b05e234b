// The cases that every runtime runs: plain functions on the package it resolved, without hooks and without a test runner.

import { digest } from "../../src/verify/digest.ts";
import type { Cases, Instance } from "./cases/check.ts";
import { equal, near } from "./cases/check.ts";
import { errors } from "./cases/errors.ts";
import { operations } from "./cases/operations.ts";
import { packageCases } from "./cases/package.ts";
import { checkThreads, threadCases } from "./cases/threads.ts";
import type { Library, Report } from "./report.ts";

export interface RunOptions {
  /** How many threads to ask for. */
  threads: number;
  /** The kernels as the runtime's own way gives them (`gumbel-softmax/kernels.wasm`), where it has one. */
  module?: WebAssembly.Module | undefined;
}

/** Runs every case: those of operations and errors on one thread and on as many as can be had. */
export async function runCases(library: Library, { threads, module }: RunOptions): Promise<Report> {
  const one = await library.load();
  const many = await library.load({ threads });
  const report: Report = { cases: 0, failures: [], digest: "", threads: many.threads };
  if (many.threadsUnavailable !== undefined) report.threadsUnavailable = many.threadsUnavailable;

  const run = async (cases: Cases, gs: Instance, about = ""): Promise<void> => {
    for (const [name, test] of Object.entries(cases)) {
      report.cases++;
      try {
        await test({ library, gs });
      } catch (error) {
        const { name: kind, message } = Object(error) as Partial<Error>;
        report.failures.push(`${name}${about}: ${kind === "Error" ? message : `${kind}: ${message}`}`);
      }
    }
  };
  const digests: Cases = {
    async digest({ library, gs }) {
      const found = await digest(gs, library);
      if (report.digest !== "") equal(found, report.digest, "the digest of one thread, with several");
      report.digest = found;
    },
  };
  const handedOver: Cases = {
    async "a module that is handed over"() {
      for (const gs of [await library.load({ module }), library.loadSync({ module })]) {
        near(gs.softmax([1, 2, 3]).data, [0.09, 0.2447, 0.6652], "softmax");
        gs.close();
      }
    },
  };

  await run(packageCases, one);
  await run({ ...operations, ...errors, ...digests }, one);
  if (module !== undefined) await run(handedOver, one);
  await run({ "the threads that were asked for": () => checkThreads(many, threads), ...threadCases }, many);
  await run({ ...operations, ...errors, ...digests }, many, `, ${many.threads} threads of ${threads}`);
  one.close();
  many.close();
  return report;
}
