/** The wire formats as the services compose them. */
import { decodeRecord, encodeChange, encodeSuppressions, keyText, peekRecord, providerOf } from '@desist/contracts';
import type { Wire } from '@desist/pipeline';

export const wire: Wire = {
  peek: peekRecord,
  keyText,
  decode: decodeRecord,
  encodeChange,
  encodeSuppressions,
  providerOf,
};
