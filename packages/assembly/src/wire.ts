import { decodeRecord, encodeChange, encodeSuppressions, keyText, peekRecord, providerOf } from '@desist/contracts';
import type { Wire } from '@desist/pipeline';

/** The wire formats of the contract, as the engine wants them. */
export const wire: Wire = { peek: peekRecord, keyText, decode: decodeRecord, encodeChange, encodeSuppressions, providerOf };
