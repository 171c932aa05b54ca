/**
 * Unwraps the lines of a mail log from what carried them here: Docker, Kubernetes, journald, a shipper that writes JSON, `grep` over several
 * files. Only what stands before a line is removed, and only in the forms listed here: text that somebody else wrote into a line is never
 * read as a line of its own.
 */
import { isObject, parseJson } from './json.ts';
import type { Fields } from './json.ts';

/** Lines of a log from lines as they were carried. Some carriers need several lines for one. */
export interface Carrier {
  push(line: string): readonly string[];
  end(): readonly string[];
  /** Undefined: nothing is incomplete. */
  state(): CarrierState | undefined;
}

interface CarrierState {
  readonly partial?: string;
  readonly entry?: Readonly<Record<string, string>>;
  readonly binary?: string;
}

/** Characters that are kept of an incomplete line; a longer one is passed on and reported as too large. */
const PARTIAL_LIMIT = 64 * 1024;
/** Fields of an entry of journald, which are enough for a syslog line. */
const JOURNAL_FIELDS: ReadonlySet<string> = new Set([
  ...['MESSAGE', 'SYSLOG_IDENTIFIER', '_COMM', '_PID', 'SYSLOG_PID', '_HOSTNAME', '__REALTIME_TIMESTAMP', '_SOURCE_REALTIME_TIMESTAMP'],
]);
const EXPORT_BEGINS = /^(?:__CURSOR|__REALTIME_TIMESTAMP)=/;
const EXPORT_FIELD = /^([A-Z_][A-Z0-9_]{0,63})(?:=|$)/;

export function createCarrier(state?: unknown): Carrier {
  const given = readState(state);
  let partial = given.partial ?? '';
  /** Of the journal's export format: the fields of the entry that is being read. */
  let entry = given.entry === undefined ? undefined : new Map(Object.entries(given.entry));
  /** The name of a field whose value is on the next line, behind its length. */
  let binary = given.binary;

  function whole(rest: string): readonly string[] {
    if (partial === '') return [rest];
    const line = partial + rest;
    partial = '';
    return [line];
  }

  function keep(part: string): readonly string[] {
    partial += part;
    return partial.length > PARTIAL_LIMIT ? whole('') : [];
  }

  function endEntry(): readonly string[] {
    const line = entry === undefined ? undefined : journalLine(Object.fromEntries(entry));
    entry = undefined;
    binary = undefined;
    return line === undefined ? [] : [line];
  }

  function pushField(line: string, fields: Map<string, string>): readonly string[] {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (binary !== undefined) {
      // The length in eight bytes, decoded as UTF-8: its upper bytes are zero.
      if (JOURNAL_FIELDS.has(binary)) fields.set(binary, text.replace(/^[^]{1,7}?\0{4,7}/, '').slice(0, PARTIAL_LIMIT));
      binary = undefined;
      return [];
    }
    if (text === '') return endEntry();
    const name = EXPORT_FIELD.exec(text)?.[1];
    if (name === undefined) return [];
    if (name.length === text.length) binary = name;
    else if (JOURNAL_FIELDS.has(name)) fields.set(name, text.slice(name.length + 1, PARTIAL_LIMIT));
    return [];
  }

  return {
    push(line) {
      if (entry !== undefined) return pushField(line, entry);
      switch (line[0]) {
        case '{': {
          const inner = fromJson(line);
          if (inner === undefined) return [line];
          return inner.complete ? whole(inner.line) : keep(inner.line);
        }
        case '_':
          if (!EXPORT_BEGINS.test(line)) return [line];
          entry = new Map();
          return pushField(line, entry);
        default: {
          const cri = /^\d/.test(line) ? CRI.exec(line) : null;
          if (cri === null) return partial === '' ? [line] : [...whole(''), line];
          const rest = line.slice(cri[0].length);
          return cri[1] === 'P' ? keep(rest.replace(/\r$/, '')) : whole(rest);
        }
      }
    },
    end() {
      return [...(partial === '' ? [] : whole('')), ...endEntry()];
    },
    state() {
      if (partial === '' && entry === undefined) return undefined;
      return {
        ...(partial === '' ? {} : { partial }),
        ...(entry === undefined ? {} : { entry: Object.fromEntries(entry) }),
        ...(binary === undefined ? {} : { binary }),
      };
    },
  };
}

function readState(state: unknown): CarrierState {
  if (!isObject(state)) return {};
  const { partial, entry, binary } = state;
  const fields = isObject(entry)
    ? Object.entries(entry).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
    : undefined;
  return {
    ...(typeof partial === 'string' ? { partial } : {}),
    ...(fields === undefined ? {} : { entry: Object.fromEntries(fields) }),
    ...(typeof binary === 'string' ? { binary } : {}),
  };
}

/** The head of a payload as its log would have it; undefined if nothing carried it. For detection. */
export function uncarried(text: string): string | undefined {
  if (!/^\uFEFF?(?:\{|__CURSOR=|__REALTIME_TIMESTAMP=)/.test(text)) return undefined;
  const carrier = createCarrier();
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n', LOOKED_AT)
    .flatMap((line) => carrier.push(line));
  return [...lines, ...carrier.end()].join('\n');
}

const LOOKED_AT = 2_000;

// ------------------------------------------------------------------------------------------------------------ JSON

interface Inner {
  readonly line: string;
  /** False: Docker has cut the line, and the rest follows. */
  readonly complete: boolean;
}

/** Undefined: no line of a log is in it. */
function fromJson(line: string): Inner | undefined {
  if (line.length > 4 * PARTIAL_LIMIT) return undefined;
  const entry = parseJson(line);
  if (!isObject(entry)) return undefined;
  const log = entry['log'];
  if (typeof log === 'string') {
    const complete = log.endsWith('\n') || !('stream' in entry);
    return { line: log.replace(/\r?\n$/, ''), complete };
  }
  const inner = journalLine(entry) ?? shippedLine(entry);
  return inner === undefined ? undefined : { line: inner, complete: true };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number') return String(value);
  // journald writes bytes that are no UTF-8 as numbers.
  if (Array.isArray(value) && value.every((byte) => typeof byte === 'number')) return decoder.decode(Uint8Array.from(value as number[]));
  return undefined;
}

const decoder = new TextDecoder();

interface Head {
  readonly time: string | undefined;
  readonly host: string | undefined;
  readonly program: string | undefined;
  readonly pid: string | undefined;
}

function syslogFrom({ time, host, program, pid }: Head, message: string): string | undefined {
  if (time === undefined || program === undefined || /[\s:[\]]/.test(program)) return undefined;
  const name = host === undefined || /[\s:]/.test(host) ? '-' : host;
  return `${time} ${name} ${program}${pid === undefined || !/^\d{1,10}$/.test(pid) ? '' : `[${pid}]`}: ${message.split('\n', 1)[0] ?? ''}`;
}

/** An entry as `journalctl -o json` and `-o export` write it. */
function journalLine(entry: Fields): string | undefined {
  const message = textOf(entry['MESSAGE']);
  if (message === undefined) return undefined;
  const micros = textOf(entry['_SOURCE_REALTIME_TIMESTAMP']) ?? textOf(entry['__REALTIME_TIMESTAMP']);
  const head = {
    time: micros === undefined || !/^\d{15,17}$/.test(micros) ? undefined : new Date(Math.trunc(Number(micros) / 1_000)).toISOString(),
    host: textOf(entry['_HOSTNAME']),
    program: textOf(entry['SYSLOG_IDENTIFIER']) ?? textOf(entry['_COMM']),
    pid: textOf(entry['SYSLOG_PID']) ?? textOf(entry['_PID']),
  };
  return syslogFrom(head, message) ?? (hasTime(message) ? message : undefined);
}

/** A line as Filebeat, Vector, Fluent Bit, rsyslog and syslog-ng ship it: whole, or taken apart. */
function shippedLine(entry: Fields): string | undefined {
  const message = textOf(entry['message']) ?? textOf(entry['msg']);
  if (message === undefined) return undefined;
  if (hasTime(message)) return message;
  const first = (...names: readonly string[]): string | undefined =>
    names.map((name) => textOf(entry[name])).find((text) => text !== undefined);
  return syslogFrom(
    {
      time: first('timestamp', '@timestamp', 'time', 'DATE', 'isodate'),
      host: first('host', 'hostname', 'HOST'),
      program: first('appname', 'app-name', 'program', 'PROGRAM', 'programname', 'ident', 'SYSLOG_IDENTIFIER', 'syslogtag'),
      pid: first('procid', 'pid', 'PID'),
    },
    message,
  );
}

function hasTime(message: string): boolean {
  return STARTS_WITH_TIME.test(bareLine(message));
}

// ------------------------------------------------------------------------------------------------------------ prefixes

const FACILITY =
  '(?:kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7])\\.(?:emerg|alert|crit|err(?:or)?|warn(?:ing)?|notice|info|debug)';
/** The beginning of a time that a line of a log can have. */
const TIME = String.raw`(?:<\d{1,3}>(?:1 )?)?(?:[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{4}/\d\d/\d\d \d\d:\d\d|\d{4} [A-Z][a-z]{2} [ \d]?\d \d\d:|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d \d{4}|\d{4}-\d\d-\d\d ))`;
const STARTS_WITH_TIME = new RegExp(`^${TIME}`);
const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)`;
/** A line in the files of a container runtime of Kubernetes (CRI): `P` is a part of a line, `F` its last one. */
const CRI = new RegExp(`^${ISO} (?:stdout|stderr) ([FP])(?::\\w{1,20})* `);

const PREFIXES: readonly RegExp[] = [
  // `docker compose logs`, `docker service logs`.
  /^[A-Za-z0-9][\w.@-]{0,127} {0,64}\| /,
  // `kubectl logs --prefix`.
  /^\[pod\/[\w.-]{1,253}\/[\w.-]{1,253}\] /,
  CRI,
  // `docker logs --timestamps`, and other carriers that put their own time before that of the line.
  new RegExp(`^${ISO} +(?=${TIME}|${FACILITY}: )`),
  // `grep` over several files, and with line numbers; context lines have a hyphen.
  new RegExp(`^(?:[A-Za-z]:)?[^\\s:|<>]{1,255}[:-](?:\\d{1,9}[:-])?(?=${TIME})`),
  new RegExp(`^\\d{1,9}[:-](?=${TIME})`),
  // s6 and other small loggers: the facility comes first.
  new RegExp(`^${FACILITY}:? (?=${TIME})`),
];
// eslint-disable-next-line no-control-regex -- the colours of a terminal begin with this control character
const COLOURS = /\u001b\[[\d;]{0,20}m/g;
const TAI64N = /^@4([\da-f]{15})([\da-f]{8})? /;
/** Labels of TAI64 have begun ten seconds before the epoch of Unix. */
const TAI_OFFSET = 10;
const MOST_PREFIXES = 6;

/** Removes what carriers put before a line, and writes its time in a form that the readers know. */
export function bareLine(given: string): string {
  let line = given.includes('\u001b') ? given.replaceAll(COLOURS, '') : given;
  if (line.startsWith('\uFEFF')) line = line.slice(1);
  for (let rounds = 0; rounds < MOST_PREFIXES; rounds += 1) {
    const shorter = withoutPrefix(line);
    if (shorter === line) break;
    line = shorter;
  }
  return withKnownTime(line);
}

function withoutPrefix(line: string): string {
  for (const prefix of PREFIXES) {
    const match = prefix.exec(line);
    if (match !== null) return line.slice(match[0].length);
  }
  const label = TAI64N.exec(line);
  if (label === null) return line;
  const rest = line.slice(label[0].length);
  if (STARTS_WITH_TIME.test(rest)) return rest;
  const at = (Number.parseInt(label[1] as string, 16) - TAI_OFFSET) * 1_000;
  return at > 0 && at < 4e12 ? `${new Date(at).toISOString()} ${rest}` : line;
}

const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=[A-Z][a-z]{2} |\d{4}-)/;
/** OpenWrt's logread has the year behind the time. */
const YEAR_LAST = /^([A-Z][a-z]{2} [ \d]?\d) (\d\d:\d\d:\d\d) (\d{4}) /;
const YEAR_FIRST = /^(<\d{1,3}>)?(\d{4}) ([A-Z][a-z]{2} [ \d]?\d) (?=\d\d:\d\d:\d\d)/;
const SLASHED = /^(\d{4})\/(\d\d)\/(\d\d) (?=\d\d:\d\d:\d\d)/;
/** `journalctl -o short-full` names the zone by letters; only UTC is certain. */
const ZONE_LETTERS = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?) ([A-Z]{3,5}) (?=\S{1,255} \S{1,128}: )/;
/** `journalctl -o short-unix`. */
const SECONDS = /^(\d{10})(?:\.(\d{1,9}))? (?=\S{1,255} \S{1,128}\[\d{1,10}\]: )/;

function withKnownTime(line: string): string {
  const day = line.replace(WEEKDAY, '');
  const seconds = SECONDS.exec(day);
  if (seconds !== null) {
    const at = Number(seconds[1]) * 1_000 + Number((seconds[2] ?? '').padEnd(3, '0').slice(0, 3));
    return `${new Date(at).toISOString()} ${day.slice(seconds[0].length)}`;
  }
  return day
    .replace(YEAR_LAST, '$1 $3 $2 ')
    .replace(YEAR_FIRST, '$1$3 $2 ')
    .replace(SLASHED, '$1-$2-$3 ')
    .replace(ZONE_LETTERS, (_whole, time: string, zone: string) => `${time}${zone === 'UTC' || zone === 'GMT' ? 'Z' : ''} `);
}

/** Lines that carriers write between the lines of a log. */
export function isCarriersLine(line: string): boolean {
  return /^(?:-- (?:Logs begin|Journal begins|Boot [\da-f]{32}|No entries|Reboot)|--$|==> .{1,1000} <==$|Attaching to )/.test(line.trim());
}
