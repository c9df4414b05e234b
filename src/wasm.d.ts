declare module "*.wasm" {
  /** The file, base64. */
  const base64: string;
  export default base64;
}
