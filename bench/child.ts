// The parent's end of the protocol: starts a competitor, asks it, ends it.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { type Competitor, file } from "./competitors.ts";
import type { Answer, Hello, Task } from "./protocol.ts";

/** How long a competitor may take to start, or to answer. */
const PATIENCE_MS = 120_000;
const STDERR_KEPT = 2000;

export class Child {
  readonly id: string;
  readonly hello: Extract<Hello, { ready: true }>;
  readonly #talk: Talk;
  #asked = 0;

  private constructor(id: string, hello: Extract<Hello, { ready: true }>, talk: Talk) {
    this.id = id;
    this.hello = hello;
    this.#talk = talk;
  }

  /** Starts a competitor; one that is not there says why. */
  static async start({ id, command }: Competitor): Promise<Child | { id: string; unavailable: string }> {
    const talk = new Talk(command);
    const hello = await talk.next().then(
      (line) => line as Hello,
      ({ message }: Error): Hello => ({ unavailable: message }),
    );
    if (hello.ready) return new Child(id, hello, talk);
    await talk.end();
    // Where this machine has its files is no matter of the results.
    const unavailable = hello.unavailable.replaceAll(file("../"), "").replaceAll(command[0], basename(command[0]));
    return { id, unavailable };
  }

  /** @throws Error if the competitor has died, or takes too long */
  async ask(task: Omit<Task, "id">): Promise<Answer> {
    const id = ++this.#asked;
    this.#talk.say(JSON.stringify({ id, ...task }));
    const answer = (await this.#talk.next()) as Answer;
    if (answer.id !== id) throw new Error(`${this.id}: expected the answer ${id}, got ${JSON.stringify(answer)}`);
    return answer;
  }

  async end(): Promise<void> {
    await this.#talk.end();
  }
}

/** Lines to and from a process. */
class Talk {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<unknown>;
  #errors = "";

  constructor([program, ...args]: Competitor["command"]) {
    this.#process = spawn(program, args, { cwd: file("..") });
    this.#gone = Promise.race([once(this.#process, "close"), once(this.#process, "error")]).catch((error: Error) => {
      this.#errors += error.message;
    });
    // A process that has died says so by the end of its lines; the pipe to it need not.
    this.#process.stdin.on("error", () => {});
    this.#process.stderr.on("data", (text) => {
      this.#errors = (this.#errors + text).slice(-STDERR_KEPT);
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  say(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  async next(): Promise<unknown> {
    let late: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      late = setTimeout(() => {
        this.#process.kill("SIGKILL");
        reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
    });
    const line = await Promise.race([this.#lines.next(), timeout]).finally(() => clearTimeout(late));
    if (!line.done) return JSON.parse(line.value) as unknown;
    await this.#gone;
    const lines = this.#errors.trim().split("\n");
    throw new Error(lines.findLast((text) => /error/i.test(text)) || lines.at(-1) || "it ended without a word");
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 5000);
    await this.#gone;
    clearTimeout(late);
  }
}
