/** What somebody typed or pasted into the one box. */
export type Wanted =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'domain'; readonly domain: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'many'; readonly addresses: readonly string[]; readonly more: number };

/** As many as `POST /v1/check` takes. */
export const MOST_ADDRESSES = 10_000;

/**
 * Several addresses come by line, or separated by commas, semicolons or tabs, as spreadsheets and mail programs paste them; `<a@b>` of
 * `Name <a@b>` is taken. One entry with an `@` is an address, or a domain when nothing is before it; one with a dot and nothing else that
 * an address has is a domain; the rest is the beginning of an address.
 */
export function wantedIn(text: string): Wanted {
  const entries = text
    .split(/[\n\r,;\t]+/)
    .map((entry) => /<([^<>\s]+@[^<>\s]+)>/.exec(entry)?.[1] ?? entry.trim().replace(/^["']|["']$/g, ''))
    .filter((entry) => entry !== '');
  const [first, ...others] = entries;
  if (first === undefined) return { kind: 'nothing' };
  if (others.length > 0)
    return { kind: 'many', addresses: entries.slice(0, MOST_ADDRESSES), more: Math.max(0, entries.length - MOST_ADDRESSES) };
  if (first.startsWith('@')) return first.length > 1 ? { kind: 'domain', domain: first.slice(1) } : { kind: 'nothing' };
  if (/.@./.test(first)) return { kind: 'address', address: first };
  if (/^[^\s@]+\.[a-z][a-z0-9-]+$/i.test(first) && !first.endsWith('.')) return { kind: 'domain', domain: first };
  return { kind: 'prefix', prefix: first };
}
