/** The small pieces that every view is made of. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { signal } from '@preact/signals';
import { connected } from '../api/connection.ts';
import type { ApiError } from '../api/index.ts';
import { localTime, relative, utcTime } from '../model/time.ts';
import { number, STATES, toneOf, words } from '../model/words.ts';
import type { Tone } from '../model/words.ts';
import type { Piece } from '../model/verdict.ts';
import type { Loaded } from './use-data.ts';

/** The present, for "3 h ago"; it moves once a minute. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 60_000);

/** A time in the viewer's zone; UTC stands in its title. */
export function Time({
  at,
  mode = 'local',
}: {
  readonly at: string | number | null | undefined;
  readonly mode?: 'local' | 'relative' | 'both';
}): JSX.Element {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  const ms = typeof at === 'number' ? at : Date.parse(at);
  const local = localTime(ms, now.value);
  const away = relative(ms, now.value);
  return (
    <time dateTime={new Date(ms).toISOString()} title={utcTime(ms)}>
      {mode === 'local' ? local : mode === 'relative' ? away : `${local} (${away})`}
    </time>
  );
}

export function Chip({ tone = 'quiet', children }: { readonly tone?: Tone; readonly children: ComponentChildren }): JSX.Element {
  return <span class={`chip ${tone}`}>{children}</span>;
}

export function StateChip({ state }: { readonly state: string }): JSX.Element {
  return <Chip tone={toneOf(state)}>{STATES[state]?.name ?? words(state)}</Chip>;
}

/** A sentence with times in it. */
export function Sentence({ pieces }: { readonly pieces: readonly Piece[] }): JSX.Element {
  return <>{pieces.map((piece, index) => (typeof piece === 'string' ? piece : <Time key={index} at={piece.time} />))}</>;
}

/** Text of the service: RFC 3339 times become local ones, and what stands between backticks is code. */
export function Rich({ text }: { readonly text: string }): JSX.Element {
  const pieces = text.split(/(`[^`]*`|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/);
  return (
    <>
      {pieces.map((piece, index) =>
        /^\d{4}-.*Z$/.test(piece) ? (
          <Time key={index} at={piece} />
        ) : /^`.*`$/.test(piece) ? (
          <code key={index}>{piece.slice(1, -1)}</code>
        ) : (
          piece
        ),
      )}
    </>
  );
}

export function Waiting({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="waiting" role="status">
      {children}
    </div>
  );
}

interface WhenLoadedProps<T> {
  readonly loaded: Loaded<T>;
  /** What is said until there is data. */
  readonly waiting: string;
  readonly children: (data: T) => JSX.Element;
}

/** What was loaded last; above it, or in its place, why it could not be loaded again. */
export function WhenLoaded<T>({ loaded: { data, error, reload }, waiting, children }: WhenLoadedProps<T>): JSX.Element {
  return (
    <>
      <Problem isOld={data !== undefined} error={error} retry={reload} />
      {data !== undefined ? children(data) : error === undefined ? <Waiting>{waiting}</Waiting> : null}
    </>
  );
}

interface LoadingProps {
  readonly loaded: Pick<Loaded<unknown>, 'data' | 'error' | 'reload'>;
  readonly waiting: string;
  /** What is drawn once there is data. */
  readonly children: ComponentChildren;
}

/** The same for what computes from the data before it is drawn. */
export function Loading({ loaded: { data, error, reload }, waiting, children }: LoadingProps): JSX.Element {
  return (
    <>
      <Problem isOld={data !== undefined} error={error} retry={reload} />
      {data !== undefined ? children : error === undefined ? <Waiting>{waiting}</Waiting> : null}
    </>
  );
}

/** Why nothing is there, or why what is there is what was loaded before. That the service does not answer, the frame says already. */
function Problem({
  isOld,
  error,
  retry,
}: {
  readonly isOld: boolean;
  readonly error: ApiError | undefined;
  readonly retry: () => void;
}): JSX.Element | null {
  if (error === undefined || (isOld && !connected.value)) return null;
  if (!isOld) return <Failure error={error} retry={retry} />;
  return (
    <div class="banner warn" role="alert">
      <div class="grow">
        <strong>This could not be read again.</strong> What you see is from before. {error.message}
      </div>
      <button class="button small" type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

interface FilterButtonProps {
  readonly name: string;
  /** How many it shows. */
  readonly n: number;
  readonly on: boolean;
  readonly set: () => void;
}

export function FilterButton({ name, n, on, set }: FilterButtonProps): JSX.Element {
  return (
    <button class="filter" type="button" aria-pressed={on} onClick={set}>
      {name} <span class="n">{number(n)}</span>
    </button>
  );
}

/** Nothing is there: why, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <h3>{title}</h3>
      {children}
    </div>
  );
}

export function Failure({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }): JSX.Element {
  return (
    <div class="banner bad" role="alert">
      <div class="grow">
        <strong>This could not be shown.</strong> {error.message}
      </div>
      {retry === undefined ? null : (
        <button class="button small" type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface HeadProps {
  readonly title: ComponentChildren;
  /** For the browser's tab. */
  readonly name?: string;
  readonly sub?: ComponentChildren;
  readonly crumbs?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The head of a view: its title gets the focus when the view is entered, and names the tab. */
export function Head({ title, name, sub, crumbs, children }: HeadProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  const text = name ?? (typeof title === 'string' ? title : 'Desist');
  useEffect(() => {
    document.title = `${text} · Desist`;
    if (hasMoved) heading.current?.focus({ preventScroll: true });
    hasMoved = true;
  }, [text]);
  return (
    <div class="head">
      <div class="words">
        {crumbs === undefined ? null : (
          <nav class="crumbs" aria-label="Where this is">
            {crumbs}
          </nav>
        )}
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {sub === undefined ? null : <div class="sub">{sub}</div>}
      </div>
      {children === undefined ? null : <div class="buttons">{children}</div>}
    </div>
  );
}
/** The first view keeps the browser's own focus. */
let hasMoved = false;

/** A table that may be wider than the screen: it scrolls by itself, also by keyboard. */
export function TableBox({
  label,
  tall = false,
  children,
}: {
  readonly label: string;
  readonly tall?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={tall ? 'scroll tall' : 'scroll'} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** Offers text as a file. */
export function saveAs(name: string, text: string, type = 'text/csv'): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Copies text; over plain HTTP, where browsers have no clipboard for pages, by a selection. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'sr';
    document.body.append(area);
    area.select();
    // Deprecated, and the only way there.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
