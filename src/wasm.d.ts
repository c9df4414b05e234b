/** In the bundle, the bytes of the .wasm as text (scripts/text.js). */
declare module "*.wasm?text" {
  const text: string;
  export default text;
}

/** On hosts that compile it themselves, the module. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
