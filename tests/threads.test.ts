// Threads: the bits of one thread, errors, chunks of any size and chunks that are lost, workers that die or never live, their
// life and end, the options of load, and the memory that is shared.

import "./threads/bits.ts";
import "./threads/errors.ts";
import "./threads/chunks.ts";
import "./threads/faults.ts";
import "./threads/chromium.ts";
import "./threads/lifecycle.ts";
import "./threads/settings.ts";
import "./threads/memory.ts";
