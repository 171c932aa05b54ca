/**
 * Looks names up for one connection, and gives only addresses that a request may go to: what is checked is what is connected to, however
 * often the name's owner changes his answer. The resolver that needs no thread is asked first, because the host's own one has four threads
 * for the whole process, and a name server that does not answer would hold them; it is asked for names that only it knows (hosts file,
 * search domains), two at a time.
 */
import { lookup as hostLookup } from 'node:dns/promises';
import { Resolver } from 'node:dns/promises';
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { refusalOf } from './addresses.ts';
import type { Network } from './addresses.ts';
import { createSlots } from './slots.ts';

/** No address of the host may be connected to. */
export class RefusedAddressError extends Error {
  override readonly name = 'RefusedAddressError';
}

/** ms that a name server has for an answer; it is asked twice. */
const PATIENCE = 3_000;
const HOST_LOOKUPS = 2;
/** The name server did not answer, or not in time: the host's resolver would wait for the same. */
const SILENT: ReadonlySet<string> = new Set(['ETIMEOUT', 'ECANCELLED']);

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export function createResolve(): Resolve {
  const resolver = new Resolver({ timeout: PATIENCE, tries: 2 });
  const atATime = createSlots(HOST_LOOKUPS);

  return async (host) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found: LookupAddress[] = [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ];
    if (found.length > 0) return found;
    const failures = [four, six].flatMap((one) => (one.status === 'rejected' ? [one.reason as NodeJS.ErrnoException] : []));
    const silent = failures.find(({ code }) => SILENT.has(code ?? ''));
    if (silent !== undefined) throw silent;
    return atATime(async () => hostLookup(host, { all: true }));
  };
}

/** For `net.connect`. It is not asked about hosts that are addresses: `refusalOf` them before. */
export function checkedLookup(resolve: Resolve, allowed: readonly Network[]): LookupFunction {
  return (host, options, done) => {
    resolve(host)
      .then((found) => {
        const wanted = found.filter(({ family }) => isWanted(family, options));
        const usable = wanted.filter(({ address }) => refusalOf(address, allowed) === undefined);
        const [first] = usable;
        if (first === undefined) {
          const [one] = wanted;
          const why =
            one === undefined
              ? 'it has no address'
              : `its address ${one.address} may not be reached: ${refusalOf(one.address, allowed) ?? ''}`;
          throw new RefusedAddressError(why);
        }
        if (options.all === true) done(null, usable as LookupAddress[]);
        else done(null, first.address, first.family);
      })
      .catch((error: unknown) => {
        done(error as NodeJS.ErrnoException, '', 0);
      });
  };
}

function isWanted(family: number, { family: wanted }: LookupOptions): boolean {
  if (wanted === 4 || wanted === 'IPv4') return family === 4;
  return wanted === 6 || wanted === 'IPv6' ? family === 6 : true;
}
