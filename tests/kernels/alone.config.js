// For one spec alone, with plain memory: npx asp --config tests/kernels/alone.config.js tests/kernels/exp.spec.ts
// as-pect runs what its arguments name and what its configuration lists; here the list is empty.
import config from "../../as-pect.config.js";

export default { ...config, entries: [] };
