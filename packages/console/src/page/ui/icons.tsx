/** Small line drawings. They stand beside words, so readers of screens skip them. */
import type { ComponentChildren, JSX } from 'preact';

function icon(children: ComponentChildren): () => JSX.Element {
  return () => (
    <svg
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const Icons = {
  overview: icon(
    <>
      <path d="M3 16.5h14" />
      <path d="M5 13.5v-4M10 13.5v-9M15 13.5v-6" />
    </>,
  ),
  find: icon(
    <>
      <circle cx="9" cy="9" r="5.5" />
      <path d="m13.2 13.2 3.8 3.8" />
    </>,
  ),
  list: icon(
    <>
      <path d="M7 5h10M7 10h10M7 15h10" />
      <path d="M3.2 5h.01M3.2 10h.01M3.2 15h.01" stroke-width="2.2" />
    </>,
  ),
  risk: icon(
    <>
      <circle cx="10" cy="10.5" r="6.5" />
      <path d="M10 7v3.7l2.4 1.6" />
    </>,
  ),
  incidents: icon(
    <>
      <path d="M10 3.2 17.5 16.5h-15z" />
      <path d="M10 8.2v3.6M10 14.2h.01" />
    </>,
  ),
  providers: icon(
    <>
      <rect x="3" y="3.5" width="14" height="5" rx="1.4" />
      <rect x="3" y="11.5" width="14" height="5" rx="1.4" />
      <path d="M6 6h.01M6 14h.01" stroke-width="2.2" />
    </>,
  ),
  replies: icon(<path d="M4 4.5h12a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1H9l-4 3v-3H4a1 1 0 0 1-1-1V5.500a1 1 0 0 1 1-1z" />),
  audit: icon(
    <>
      <path d="M5 3h7l3.500 3.500V17H5z" />
      <path d="M8 9.500h4.500M8 13h4.500" />
    </>,
  ),
  policy: icon(
    <>
      <path d="M3 6h7M14 6h3M3 14h3M10 14h7" />
      <circle cx="12" cy="6" r="2" />
      <circle cx="8" cy="14" r="2" />
    </>,
  ),
  attempt: icon(
    <>
      <path d="M10 3v9M6.500 8.500 10 12l3.500-3.500" />
      <path d="M3.500 13v3.500h13V13" />
    </>,
  ),
  ops: icon(<path d="M2.5 10.500h3.500l2-5.5 4 10 2-4.500h3.5" />),
  stop: icon(
    <>
      <circle cx="10" cy="10" r="6.8" />
      <path d="m5.3 5.3 9.4 9.4" />
    </>,
  ),
  go: icon(<path d="m4.5 10.5 3.7 3.8 7.5-8.5" />),
  wait: icon(
    <>
      <circle cx="10" cy="10" r="6.8" />
      <path d="M10 6.300v4.200l2.7 1.5" />
    </>,
  ),
  copy: icon(
    <>
      <rect x="7" y="7" width="9.5" height="9.5" rx="1.5" />
      <path d="M13 7V5a1.5 1.5 0 0 0-1.5-1.500H5A1.5 1.5 0 0 0 3.5 5v6.500A1.5 1.5 0 0 0 5 13h2" />
    </>,
  ),
  download: icon(
    <>
      <path d="M10 3.500v9M6.5 9.3 10 12.800l3.5-3.5" />
      <path d="M3.5 16.500h13" />
    </>,
  ),
  upload: icon(
    <>
      <path d="M10 12.500v-9M6.5 6.700 10 3.200l3.5 3.5" />
      <path d="M3.5 16.500h13" />
    </>,
  ),
  menu: icon(<path d="M3 5.500h14M3 10h14M3 14.500h14" />),
  plus: icon(<path d="M10 4v12M4 10h12" />),
} as const;

export function Brand(): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#3b5bdb" />
      <path d="M9 8h6.2c5 0 8 3.1 8 8s-3 8-8 8H9z" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round" />
      <path d="M13.5 16h5.5" stroke="#fff" stroke-width="3" stroke-linecap="round" />
    </svg>
  );
}
