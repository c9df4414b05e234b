// The command line, as a child process (but for units.ts): formats, operations, usage and bad input, streams, verify.

import "../cli/csv.ts";
import "../cli/files.ts";
import "../cli/formats.ts";
import "../cli/operations.ts";
import "../cli/usage.ts";
import "../cli/streams.ts";
import "../cli/units.ts";
import "../cli/verify.ts";
