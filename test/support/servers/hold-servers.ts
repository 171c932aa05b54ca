/** Starts what is named (`postgres`, `kafka`), says `ready` and never ends by itself, as a bench in its middle. `fail`: ends with an error. */
import { startBroker } from '../../integration/kafka/broker.ts';
import { startPostgres } from './postgres.ts';

const wanted = process.argv.slice(2);
await Promise.all([wanted.includes('postgres') && startPostgres(), wanted.includes('kafka') && startBroker()]);
console.log('ready');
if (wanted.includes('fail')) throw new Error('in the middle of it');
setInterval(() => undefined, 1_000_000);
