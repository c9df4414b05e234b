// The inputs as files, made when they are first asked for, in a folder that is removed at the end.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elements, type Logits, type Shape } from "./cases.ts";
import { cotangent, flat, language, type Peakedness, peakedness } from "./inputs.ts";

export class Files {
  readonly #dir: string = mkdtempSync(join(tmpdir(), "gumbel-softmax-bench-"));
  /** What the language-model logits that were drawn are like, by their number of rows and classes. */
  readonly drawn: ({ shape: Shape } & Peakedness)[] = [];

  logits(shape: Shape, kind: Logits): string {
    if (kind === "flat") return this.#file(`flat-${elements(shape)}`, () => flat(elements(shape)));
    return this.#file(`language-${shape.rows}-${shape.classes}`, () => {
      const logits = language(shape.rows, shape.classes);
      this.drawn.push({ shape, ...peakedness(logits, shape.rows) });
      return logits;
    });
  }

  cotangent(shape: Shape): string {
    return this.#file(`cotangent-${elements(shape)}`, () => cotangent(elements(shape)));
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true });
  }

  #file(name: string, make: () => Float32Array): string {
    const path = join(this.#dir, `${name}.f32`);
    if (!existsSync(path)) writeFileSync(path, new Uint8Array(make().buffer));
    return path;
  }
}
