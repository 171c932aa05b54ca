/** Shares with their intervals. */

/** A share between 0 and 1, and the interval that covers the true one with 95 % confidence. */
export interface Interval {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** The 97.5th percentile of the normal distribution: two-sided 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval of `successes` among `trials`. Neither must be whole: what rests on unequal observations has an effective number of
 * trials. Null without a trial.
 */
export function wilson(successes: number, trials: number): Interval | null {
  if (!(trials > 0)) return null;
  const share = Math.min(1, Math.max(0, successes / trials));
  const z2 = Z * Z;
  const centre = share + z2 / (2 * trials);
  const half = Z * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials));
  const scale = 1 + z2 / trials;
  // At the ends the bound is the share itself, whatever rounding says.
  return {
    share,
    low: share === 0 ? 0 : Math.max(0, (centre - half) / scale),
    high: share === 1 ? 1 : Math.min(1, (centre + half) / scale),
  };
}

/**
 * Sums of a share whose trials come in clusters, such as the tries of one address: the outcomes within one depend on each other, so that the
 * clusters decide how much is known, not the trials.
 */
export interface ClusteredShare {
  clusters: number;
  successes: number;
  trials: number;
  /** Sums over clusters of successes², successes × trials and trials². */
  ss: number;
  st: number;
  tt: number;
}

export function newClusteredShare(): ClusteredShare {
  return { clusters: 0, successes: 0, trials: 0, ss: 0, st: 0, tt: 0 };
}

export function addCluster(sums: ClusteredShare, successes: number, trials: number): void {
  if (trials === 0) return;
  sums.clusters += 1;
  sums.successes += successes;
  sums.trials += trials;
  sums.ss += successes * successes;
  sums.st += successes * trials;
  sums.tt += trials * trials;
}

/** Wilson's interval with the effective number of trials, from the linearised variance of a ratio of sums over clusters. */
export function clusteredInterval({ clusters, successes, trials, ss, st, tt }: ClusteredShare): Interval | null {
  if (trials === 0) return null;
  const share = successes / trials;
  const variance = clusters < 2 ? 0 : ((clusters / (clusters - 1)) * (ss - 2 * share * st + share * share * tt)) / (trials * trials);
  const binomial = share * (1 - share);
  // All alike: each cluster is one trial.
  const effective = binomial > 0 && variance > 0 ? Math.min(trials, binomial / variance) : clusters;
  return wilson(share * effective, effective);
}

/** Of sorted values; null without any. */
export function quantile(sorted: readonly number[], at: number): number | null {
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * at;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}
