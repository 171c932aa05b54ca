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

/** The wire formats of the contract, as the engine wants them. */
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
