/** In the bundle, the bytes of the .wasm as base64. */
declare module "*.wasm?base64" {
  const base64: string;
  export default base64;
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
