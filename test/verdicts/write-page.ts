/** `npm run docs:verdicts`. */
import { writeFileSync } from 'node:fs';
import { PAGE, verdictPage } from './page.ts';

writeFileSync(PAGE, verdictPage());
