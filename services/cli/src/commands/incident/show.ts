/** `desist incident show`: one of them. */
import { createClient } from '../../client.ts';
import { defineCommand, flag, SERVICE_OPTIONS } from '../../command.ts';
import { INCIDENT_ID, runIncidentShow } from '../../incident-commands.ts';

export const command = defineCommand({
  name: 'incident show',
  section: 'Incidents',
  summary: 'show an incident: terms, counts, progress of the latest decision',
  operands: INCIDENT_ID,
  options: { preview: flag('also the failures inside, and the effect of voiding or restoring it'), ...SERVICE_OPTIONS },
  examples: ['desist incident show gmail-12bdk --preview'],
  run: ({ operands: [id = ''], options }) => runIncidentShow(createClient(options.url), id, options),
});
