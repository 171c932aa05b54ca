/** `desist engine`: reads delivery events, decides, keeps the state, publishes the changes. Any number may run. */
import { runMain, runService } from '@desist/assembly';
import { engineConfig } from './config.ts';

await runMain(() => runService(engineConfig(process.env)));
