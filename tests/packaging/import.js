// Evaluates modules, the files that its arguments name, each in a realm of nothing but ECMAScript, and prints which names
// it looked up outside itself, and what it imports. Built-in objects are frozen: a module that changes one throws.
// Needs --experimental-vm-modules.

import { readFileSync } from "node:fs";
import vm from "node:vm";

const FREEZE = `for (const key of Reflect.ownKeys(globalThis)) {
  const value = globalThis[key];
  if (value === globalThis || Object(value) !== value) continue;
  Object.freeze(value);
  Object.freeze(value.prototype);
}
globalThis`;

async function evaluate(file) {
  const names = new Set();
  const noting =
    (trap) =>
    (target, name, ...rest) => {
      names.add(String(name));
      return Reflect[trap](target, name, ...rest);
    };
  const context = vm.createContext(
    new Proxy(vm.runInNewContext(FREEZE), { get: noting("get"), has: noting("has"), set: noting("set") }),
  );
  const module = new vm.SourceTextModule(readFileSync(file, "utf8"), { context });
  await module.link(() => new vm.SyntheticModule(["default"], () => {}, { context }));
  names.clear();
  await module.evaluate();
  return { names: [...names], imports: module.dependencySpecifiers };
}

for (const file of process.argv.slice(2)) console.log(JSON.stringify(await evaluate(file)));
