/** The address of the page, and links that change it without loading the page again. */
import { computed, signal } from '@preact/signals';

const ROOT = '/ui/';

export const address = signal(new URL(location.href));
addEventListener('popstate', () => (address.value = new URL(location.href)));

/** Decoded parts of the path below `/ui/`. */
export const parts = computed(() =>
  address.value.pathname
    .slice(ROOT.length)
    .split('/')
    .filter((part) => part !== '')
    .map(decoded),
);
export const query = computed(() => address.value.searchParams);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export type Parameters = Readonly<Record<string, string | null | undefined>>;

/** An address of this page. The tenant in view is kept unless `parameters` says otherwise; null and '' leave a parameter out. */
export function to(segments: readonly string[], parameters: Parameters = {}): string {
  const url = new URL(ROOT + segments.map(encodeURIComponent).join('/'), location.origin);
  const all: Parameters = { tenant: query.value.get('tenant'), ...parameters };
  for (const [name, value] of Object.entries(all))
    if (value !== null && value !== undefined && value !== '') url.searchParams.set(name, value);
  return url.pathname + url.search;
}

/** `replace`: the step back skips the present address. */
export function go(target: string, replace = false): void {
  const url = new URL(target, location.origin);
  if (url.href === location.href) return;
  if (replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  const moved = url.pathname !== address.value.pathname;
  address.value = url;
  if (moved) scrollTo(0, 0);
}

/** The same view with other parameters. */
export function adjust(parameters: Parameters, replace = true): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined || value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  go(url.pathname + url.search, replace);
}

/** Links of this page are followed here; others, and those opened in a new tab, by the browser. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (!link.pathname.startsWith(ROOT) || link.hash !== '') return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
