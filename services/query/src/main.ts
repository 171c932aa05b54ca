/** `desist query`: answers over HTTP and never writes. Any number may run. */
import { runMain, runQuery } from '@desist/assembly';
import { queryConfig } from './config.ts';

await runMain(() => runQuery(queryConfig(process.env)));
