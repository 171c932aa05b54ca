/** Choices from a seed. The same seed always chooses the same. */
import { randomOf } from '../support/load/events.ts';

export interface Random {
  /** From 0 to 1, without 1. */
  next(): number;
  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** By weight. */
  weighted<T>(from: readonly (readonly [number, T])[]): T;
}

export function createRandom(seed: number): Random {
  // Neighbouring seeds begin alike otherwise.
  const next = randomOf(Math.imul(seed + 1, 0x9e3779b1));
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (from) => from[between(0, from.length - 1)] as never,
    weighted(from) {
      let rest = next() * from.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of from) {
        rest -= weight;
        if (rest < 0) return value;
      }
      return (from.at(-1) as (typeof from)[number])[1];
    },
  };
}
