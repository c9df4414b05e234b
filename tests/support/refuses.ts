// What every refusal has to look like.

import assert from "node:assert/strict";

/** The call throws this kind of error, and its message reads `name: expected …, got …`. */
export function refuses(kind: string, name: string, call: () => unknown, said: RegExp = /^/): void {
  assert.throws(call, (error: Error) => {
    assert.match(error.name, new RegExp(`^(${kind})$`), `${call}: ${error}`);
    assert.match(error.message, new RegExp(`\\b(${name})\\b[^:]*: expected .+, got .+`, "s"), `${call}`);
    assert.match(error.message, said, `${call}`);
    return true;
  });
}
