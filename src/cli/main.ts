// The command `gumbel-softmax`: logits from a file or standard input, samples to a file or standard output.

import { readArguments } from "./arguments.ts";
import { run } from "./commands.ts";
import { describe, exitCode } from "./errors.ts";
import { help } from "./help.ts";
import { openOutput } from "./output.ts";

/** Put in by the bundler, from package.json. */
declare const VERSION: string;

async function main(args: string[]): Promise<void> {
  const request = readArguments(args);
  if (!("show" in request)) return run(request);
  const text = request.show === "version" ? `${VERSION}\n` : help(request.command);
  await (await openOutput(undefined, false)).write(Buffer.from(text));
}

// Nobody may be left to read what goes wrong, either.
process.stderr.on("error", () => {});

main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = exitCode(error);
  if (process.exitCode !== 0) process.stderr.write(`gumbel-softmax: ${describe(error)}\n`);
});
