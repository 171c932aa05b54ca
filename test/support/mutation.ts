/** As `seed.ts`, for the mutation check: that a property fails is enough, and no smaller example is looked for. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_260_301, endOnFailure: true });
