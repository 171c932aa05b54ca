/** `desist query`: read-only HTTP. Any number may run. */
import { runMain, runQuery } from '@desist/runtime';
import { queryConfig } from './config.ts';

await runMain(() => runQuery(queryConfig(process.env)));
