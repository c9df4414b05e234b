const worker = new Worker("cases.js", { type: "module" });
worker.onerror = (event) =>
  fetch("/outcome", { method: "POST", body: JSON.stringify({ error: `no worker: ${event.message}` }) });
