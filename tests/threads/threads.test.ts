// Threads: the bits of one thread, errors, shares of any size and shares that are lost, workers that die or never live, their
// life and end, the options of load, and the memory that is shared.

import "./bits.ts";
import "./errors.ts";
import "./shares.ts";
import "./faults.ts";
import "./chromium.ts";
import "./lifecycle.ts";
import "./settings.ts";
import "./memory.ts";
