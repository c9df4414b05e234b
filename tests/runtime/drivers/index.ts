// Every runtime that the cases run in.

import { browsers } from "../browsers/index.ts";
import type { Driver } from "../report.ts";
import { EDGE_LIGHT } from "./edge-light.ts";
import { PROCESSES } from "./processes.ts";
import { WORKERD } from "./workerd.ts";

export const DRIVERS: readonly Driver[] = [...PROCESSES, WORKERD, EDGE_LIGHT, ...browsers];
