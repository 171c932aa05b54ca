/** `desist incident create`: names failures, and shows what is inside. */
import { createClient } from '../../client.ts';
import { defineCommand, SERVICE_OPTIONS, value } from '../../command.ts';
import { runIncidentCreate, SIGNING_OPTIONS } from '../../incident-commands.ts';

export const command = defineCommand({
  name: 'incident create',
  section: 'Incidents',
  summary: "create an incident from failures that may not be the recipients' fault; shows its failures, changes nothing",
  options: {
    provider: value('PROVIDER', 'the mailbox provider, for example gmail, microsoft, yahoo'),
    domain: value('DOMAIN', 'the part after the @'),
    from: value('TIME', 'start of the window: a time (RFC 3339) or a duration before now (6h)'),
    until: value('TIME', 'end of the window, exclusive, in the same forms; default: it stays open'),
    code: value('CODE', 'reply code: 550, 5.1.1 or "550 5.1.1"'),
    text: value('TEXT', 'part of the reply; case is ignored'),
    tenant: value('TENANT', 'only this tenant; default all'),
    ...SIGNING_OPTIONS,
    ...SERVICE_OPTIONS,
  },
  examples: [
    "desist incident create --provider gmail --from 2020-12-14T13:00:00Z --until 2020-12-14T19:00:00Z --code '550 5.1.1'",
    "desist incident create --domain example.com --from 6h --text 'does not exist' --note 'ticket 4711'",
  ],
  run: ({ options }) => runIncidentCreate(createClient(options.url), options),
});
