// Runs the cases on the package as it ships, on a page or in a worker, and posts what came of it.

const post = (outcome) => fetch("/outcome", { method: "POST", body: JSON.stringify(outcome) });

try {
  const { threads } = await import("/settings.js");
  const { runCases } = await import("/bundle.js");
  const library = await import("/dist/index.js");
  await post({ report: await runCases(library, { threads }) });
} catch (error) {
  await post({ error: `${error}\n${error?.stack}` });
}
