/**
 * Identifies the provider whose server wrote a text, by tokens that only this provider writes and by the hosts that it names. A single
 * host label (`mail`, `web`, `me`) identifies no provider, and a link can point to a third party's explanation.
 */
import { HOSTS } from '../provider/table.ts';
import type { ProviderMark } from './rule.ts';

const TOKENS: readonly ProviderMark[] = [
  { provider: 'gmail', text: ['gsmtp', 'gcdp'] },
  { provider: 'microsoft', text: ['resolver adr|rst|fwd', '.resolver', '.storedrv', 'storedrv'] },
  { provider: 'yahoo', text: ['tss0*', 'tss1*', 'ts01|ts02|ts03|ts04', 'delivery error dd'] },
  { provider: 'icloud', text: ['cs01', 'hm07|hm08'] },
  { provider: 'laposte', text: ['lpn0*'] },
  { provider: 'orange', text: ['ofr_*', 'ofr0*', 'mwinf*', 'opmta*'] },
  { provider: 'gmx', text: ['nemesis esmtp'] },
  { provider: 'charter', text: ['e3110|e3210|e2110'] },
  { provider: 'cox', text: ['cxbl|cxsnd|cxdns|cxmlt|cxcnct|cxtht|cxmxrt'] },
  { provider: 'att', text: ['attrbl'] },
  { provider: 'godaddy', text: ['ib10*', 'ib11*', 'ib21*', 'ib30*', 'ib40*', 'ib50*', 'ib51*', 'ib60*', 'ib70*', 'ib90*', 'bizsmtp'] },
  { provider: 'proofpoint', text: ['psmtp'] },
  { provider: 'mimecast', text: ['mcspamsignature', '.mcspamsignature'] },
  { provider: 'barracuda', text: ['cuda_nsu', 'cuda nsu'] },
];

/** The mark `.google.com` occurs if the text names a host below `google.com`. The tokeniser marks the last two and three labels of a host. */
const ENDS: readonly ProviderMark[] = HOSTS.filter(([end]) => end.split('.').length <= 3).map(([end, provider]) => ({
  provider,
  text: [`.${end}`],
  isHost: true,
}));

export const PROVIDER_MARKS: readonly ProviderMark[] = [...TOKENS, ...ENDS];
