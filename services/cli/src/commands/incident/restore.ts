/** `desist incident restore`: what failed inside counts again. */
import { createClient } from '../../client.ts';
import { defineCommand } from '../../command.ts';
import { DECIDING_OPTIONS, INCIDENT_ID, runIncidentDecide } from '../../incident-commands.ts';

export const command = defineCommand({
  name: 'incident restore',
  section: 'Incidents',
  summary: 'let the failures inside an incident count again',
  operands: INCIDENT_ID,
  options: DECIDING_OPTIONS,
  examples: ["desist incident restore gmail-12bdk --note 'ticket 4711'"],
  run: ({ operands: [id = ''], options }) => runIncidentDecide(createClient(options.url), 'restore', id, options),
});
