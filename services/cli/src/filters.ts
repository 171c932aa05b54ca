/** Options of the commands that print or fetch the suppression list. */
import { value } from './command.ts';
import { momentBefore } from './moments.ts';

export const FILTER_OPTIONS = {
  tenant: value('TENANT', 'only this tenant; default all'),
  scope: value('SCOPE', '* or a stream'),
  reason: value('REASON', 'persistent_deferral, hard_bounce, complaint, unsubscribe, operator'),
  domain: value('DOMAIN', 'the part after the @'),
  prefix: value('TEXT', 'the beginning of the address'),
  since: momentBefore('suppressed at or after'),
};
