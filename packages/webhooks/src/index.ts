export { parseNetwork } from './addresses.ts';
export type { Network } from './addresses.ts';
export { newSecret } from './secret.ts';
export { createSender } from './sender.ts';
export type { Sender, SenderOptions } from './sender.ts';
export { wrongUrl } from './url.ts';
