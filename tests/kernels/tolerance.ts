// The bounds of tests/tolerance.ts, handed in by as-pect.config.js so that each is stated once.

export declare const NOISE: f64;
export declare const SOFT: f64;
export declare const SOFT_ZERO: f64;
export declare const ROW_SUM: f64;
export declare const GRADIENT: f64;
export declare const ROUNDING: f64;
export declare const EXP: f64;
