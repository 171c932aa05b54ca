/**
 * Which network addresses a request may go to. Only public ones, unless a network is allowed by name: who may add a subscriber must not
 * reach services that trust whoever is inside (metadata of a cloud, databases, this service itself).
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = readonly [Address, number];

/** A public address of Azure's hosts that serves each machine its configuration. */
const PLATFORM = ['168.63.129.16'];
/** Global unicast: everything that IANA has given out. */
const GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');

/** A CIDR block, or one address; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  if (isIP(text.split('/')[0] ?? '') === 0) return undefined;
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Why no request may go to this address; undefined: one may. */
export function refusalOf(text: string, allowed: readonly Network[]): string | undefined {
  // The library also reads what is short of four numbers, or has a zone; a connection would read it in its own way.
  if (isIP(text) === 0 || text.includes('%') || !ipaddr.isValid(text)) return 'it is no IP address';
  const address = ipaddr.parse(text);
  const inner = innermost(address);
  if (allowed.some((network) => isIn(address, network) || isIn(inner, network))) return undefined;
  if (inner.kind() === 'ipv6' && !isIn(inner, GLOBAL)) return `it is not public (${inner.range()})`;
  if (inner.range() !== 'unicast') return `it is not public (${inner.range()})`;
  return PLATFORM.includes(inner.toString()) ? 'it is an address of the platform' : undefined;
}

/** The IPv4 address that is reached by an IPv6 one: mapped (::ffff:0:0/96), or translated (64:ff9b::/96). */
function innermost(address: Address): Address {
  if (address.kind() === 'ipv4') return address;
  const six = address as ipaddr.IPv6;
  if (six.isIPv4MappedAddress()) return six.toIPv4Address();
  return six.range() === 'rfc6052' ? new ipaddr.IPv4(six.toByteArray().slice(12)) : six;
}

function isIn(address: Address, [network, bits]: Network): boolean {
  if (address.kind() !== network.kind()) return false;
  return (address as ipaddr.IPv4).match(network as ipaddr.IPv4, bits);
}
