/** `npm run example NAME` */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const name = process.argv[2] ?? '';
const path = fileURLToPath(new URL(`${name}/run.ts`, import.meta.url));
if (!/^[a-z-]+$/.test(name) || !existsSync(path)) {
  console.error('npm run example ses-sns | sendgrid-webhook | postfix-log | kumomta-kafka | webhook-receiver');
  process.exit(2);
}
await import(path);
