/** `npm run db:types` */
import { writeFile } from 'node:fs/promises';
import { FILE, typesOfMigrations } from './types.ts';

await writeFile(FILE, await typesOfMigrations());
console.log(`wrote ${FILE}`);
