// One line a file, `path: N passed, N failed`, which scripts/aspect.js reads, and under it what failed.

const TEST = 0;

/** `unreachable` is where an assertion ends; every other trap comes with the message of some earlier test. */
function reason({ message, stackTrace, actual, expected }) {
  const trap = stackTrace?.split("\n")[0] ?? "";
  if (!trap.includes("unreachable")) return trap || "it did not run";
  const values = [
    actual && `got ${actual.stringify().trim()}`,
    expected && `expected ${expected.negated ? "not " : ""}${expected.stringify().trim()}`,
  ];
  return [message, ...values.filter(Boolean)].join("; ");
}

export default {
  stdout: null,
  stderr: null,
  onEnter() {},
  onExit() {},
  onFinish(suite) {
    const failed = [];
    suite.rootNode.visit((node) => {
      const fine = node.pass || node.children.some((child) => !child.pass);
      if (!fine) failed.push(`${node.type === TEST ? "" : "group "}${node.name}: ${reason(node)}`);
    });
    for (const { type, message, stackTrace } of suite.errors) failed.push(`${type}: ${message} ${stackTrace}`);
    if (suite.todoCount > 0) failed.push(`${suite.todoCount} tests are left out`);
    if (!suite.pass && failed.length === 0) failed.push("the file failed without a reason");
    this.stdout.write(`${suite.fileName}: ${suite.testPassCount} passed, ${failed.length} failed\n`);
    for (const line of failed) this.stdout.write(`  ${line}\n`);
  },
};
