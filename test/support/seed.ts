/**
 * Properties are tried with the same examples on every run, so that a build fails for what was changed and not by chance. To look for
 * new counter-examples: `npm run test:explore`, which takes another seed each time (`DESIST_SEED=random`) or a given one.
 */
import fc from 'fast-check';

const USUAL = 20_260_301;
const wanted = process.env['DESIST_SEED'] ?? '';

if (wanted !== 'random') fc.configureGlobal({ seed: wanted === '' ? USUAL : Number(wanted) });
