/** `desist query`, for help and completion: `bin/desist.js` starts the service. */
import { defineCommand, startedByItself } from '../command.ts';

export const command = defineCommand({
  name: 'query',
  section: 'Services and set-up',
  summary: 'answer HTTP queries only, on real servers',
  options: {},
  run: () => startedByItself('query'),
});
