import { decodeRecord, encodeChange, encodeSuppressions, providerOf } from '@desist/contracts';
import type { Wire } from '@desist/pipeline';

/** The wire formats of the contract, as the engine wants them. */
export const wire: Wire = { peek: () => undefined, decode: decodeRecord, encodeChange, encodeSuppressions, providerOf };
