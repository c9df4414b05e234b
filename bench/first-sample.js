// In any runtime: the time to import the package, and from there to the first sample.

export async function firstSample(specifier) {
  const begin = performance.now();
  const { load } = await import(specifier);
  const imported = performance.now();
  const gs = await load();
  gs.gumbelSoftmax(new Float32Array(10), { tau: 0.7 });
  return { import: imported - begin, first: performance.now() - imported };
}

const { process } = globalThis;
if (process !== undefined) {
  const version = process.versions.deno ?? process.versions.node;
  console.log(JSON.stringify({ ...(await firstSample(process.argv[2])), version }));
}
