/** `desist incident list`: incidents that were noticed or named. */
import { createClient } from '../../client.ts';
import { choice, defineCommand, flag, limit, SERVICE_OPTIONS, value } from '../../command.ts';
import { runIncidentList } from '../../incident-commands.ts';

export const command = defineCommand({
  name: 'incident list',
  section: 'Incidents',
  summary: 'list incidents of providers and of senders, the newest first',
  options: {
    tenant: value('TENANT', 'only this tenant; default all'),
    kind: choice(['all', 'provider', 'sender'], 'of a provider (failures are held back), or of a sender (a provider refuses it)'),
    open: flag('only those that go on'),
    limit: limit('at most'),
    ...SERVICE_OPTIONS,
  },
  examples: ['desist incident list --limit 20', 'desist incident list --kind sender --open'],
  run: ({ options }) => runIncidentList(createClient(options.url), options),
});
