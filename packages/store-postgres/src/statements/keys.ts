/** Recipients by tenant and address, as rows of a statement. */
import { bulk } from '@desist/postgres';
import type { RecipientRef } from '@desist/domain';

export const keys = bulk<RecipientRef>({
  tenant: ['text', ({ tenant }) => tenant],
  address: ['text', ({ address }) => address],
});
