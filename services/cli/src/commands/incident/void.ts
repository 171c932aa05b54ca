/** `desist incident void`: what failed inside counts for nothing. */
import { createClient } from '../../client.ts';
import { defineCommand } from '../../command.ts';
import { DECIDING_OPTIONS, INCIDENT_ID, runIncidentDecide } from '../../incident-commands.ts';

export const command = defineCommand({
  name: 'incident void',
  section: 'Incidents',
  summary: 'exclude the failures inside an incident; suppressions that depend on them end',
  operands: INCIDENT_ID,
  options: DECIDING_OPTIONS,
  examples: ["desist incident void gmail-12bdk --note 'ticket 4711'"],
  run: ({ operands: [id = ''], options }) => runIncidentDecide(createClient(options.url), 'void', id, options),
});
