/** The wire formats as the services compose them. */
import {
  decodeIncident,
  decodeRecord,
  encodeChange,
  encodeIncidentChange,
  encodeSuppressions,
  isIncidentKey,
  keyText,
  peekRecord,
  providerOf,
} from '@desist/contracts';
import type { Wire } from '@desist/pipeline';

export const wire: Wire = {
  peek: peekRecord,
  keyText,
  decode: decodeRecord,
  isIncident: isIncidentKey,
  decodeIncident,
  encodeIncidentChange,
  encodeChange,
  encodeSuppressions,
  providerOf,
};
