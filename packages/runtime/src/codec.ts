import {
  decodeIncident,
  encodeChange,
  encodeIncidentChange,
  encodeSenderChange,
  encodeSuppressions,
  isIncidentKey,
  keyText,
  peekRecord,
} from '@desist/contracts';
import { decodeRecord } from '@desist/formats/event';
import { providerOf } from '@desist/verdicts';
import type { Codec } from '@desist/pipeline';

/** The encodings of the contract, as the `Codec` that the engine needs. */
export const codec: Codec = {
  peek: peekRecord,
  keyText,
  decode: decodeRecord,
  isIncident: isIncidentKey,
  decodeIncident,
  encodeIncidentChange,
  encodeSenderChange,
  encodeChange,
  encodeSuppressions,
  providerOf,
};
