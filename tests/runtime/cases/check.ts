// What a case is, and the few checks that cases are made of: plain code, since there is no test runner in a worker or a page.

import type { Library } from "../report.ts";

export type Instance = Awaited<ReturnType<Library["load"]>>;

export interface Context {
  library: Library;
  /** An instance to work with, of one thread or of several; cases leave it open. */
  gs: Instance;
}

/** Cases by name; one that throws has failed. */
export type Cases = Record<string, (context: Context) => void | Promise<void>>;

export function ok(value: boolean, about: string): void {
  if (!value) throw new Error(about);
}

/** The same value; -0 and 0 differ, NaN is NaN. */
export function equal(actual: unknown, expected: unknown, about: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${about}: expected ${expected}, got ${actual}`);
}

/** The same elements, bit for bit. */
export function same(actual: ArrayLike<unknown>, expected: ArrayLike<unknown>, about: string): void {
  equal(actual.length, expected.length, `${about}: length`);
  for (let i = 0; i < expected.length; i++) equal(actual[i], expected[i], `${about}: element ${i}`);
}

/** A hash of 32 bits (FNV-1a, a word at a time) over the bits of f32 and i32 elements, to compare with a known answer. */
export function hash(...arrays: readonly (Float32Array | Int32Array)[]): number {
  let found = 0x811c9dc5;
  for (const { buffer, byteOffset, length } of arrays) {
    for (const word of new Int32Array(buffer, byteOffset, length)) found = Math.imul(found ^ word, 0x01000193);
  }
  return found >>> 0;
}

/** The same elements to four decimals, as the README shows them. */
export function near(actual: ArrayLike<number>, expected: ArrayLike<number>, about: string): void {
  equal(actual.length, expected.length, `${about}: length`);
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i]! - expected[i]!) <= 0.5001e-4)) equal(actual[i], expected[i], `${about}: element ${i}`);
  }
}

/** The call, or its promise, fails with this class of error and a message of the form `name: expected …, got …`. */
export async function refuses(kind: string, name: string, call: () => unknown): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined) throw new Error(`${name}: was accepted`);
  // By name: where a host has several realms, each has error classes of its own.
  const { name: got, message } = error as Error;
  equal(got, kind, `the error about ${name} (${message})`);
  const form = message.startsWith(`${name}: expected `) && / expected .+, got .+/.test(message);
  ok(form, `the message about ${name}: ${message}`);
}

/** Numbers from -8 to 8, the same everywhere. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) - 32768) / 4096;
  });
}
