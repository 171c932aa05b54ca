/** `desist engine`, for help and completion: `bin/desist.js` starts the service. */
import { defineCommand, startedByItself, value } from '../command.ts';

export const command = defineCommand({
  name: 'engine',
  section: 'Services and set-up',
  summary: 'run one of several engines, on real servers; or several engines under one process',
  options: { processes: value('N|auto', 'number of engines under this process; auto: one per processor') },
  run: () => startedByItself('engine'),
});
