/** `desist start`, for help and completion: `bin/desist.js` starts the service. */
import { defineCommand, flag, startedByItself, value } from '../command.ts';

export const command = defineCommand({
  name: 'start',
  section: 'Services and set-up',
  summary: 'run everything in one process',
  options: {
    data: value('FOLDER', 'folder of the embedded database (DESIST_DATA)'),
    http: value('HOST:PORT', 'where to listen; default 127.0.0.1:8425; off for none (DESIST_HTTP)'),
    policy: value('FILE', 'policy file (DESIST_POLICY)'),
    json: flag('print log lines on standard output, and no text for people'),
  },
  run: () => startedByItself('start'),
});
