/** The timeline of a recipient: its states, its streak on the way to a deadline, its events, and incidents behind them. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Explanation, ListedIncident } from '../api/types.ts';
import { scaleOf, timeTicks } from '../model/scale.ts';
import type { Scale } from '../model/scale.ts';
import { DAY, localClock, localDay, utcTime } from '../model/time.ts';
import { timelineOf } from '../model/timeline.ts';
import type { Dot, Mark, Timeline } from '../model/timeline.ts';
import { engagementText, STATES, words } from '../model/words.ts';
import { Empty, now, Rich, Time } from './pieces.tsx';
import { useWidth } from './use-width.ts';

const LANES = { states: 10, streak: 48, events: 104 } as const;
const FLOOR = 134;
const HEIGHT = 160;
const STATE_FILL: Readonly<Record<string, string>> = {
  healthy: 'var(--mark-ok)',
  deferred: 'var(--mark-warn)',
  persistent: 'var(--mark-late)',
  soft_bounced: 'var(--mark-late)',
  suppressed: 'var(--mark-bad)',
};

interface Props {
  readonly explanation: Explanation;
  readonly incidents: readonly ListedIncident[];
}

export function TimelineChart({ explanation, incidents }: Props): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>();
  const { facts, transitions, streak, suppressAt, state } = explanation;
  const timeline = useMemo(
    () => timelineOf({ facts, transitions, streak, suppressAt, state, now: now.value }),
    [facts, transitions, streak, suppressAt, state],
  );
  const dots = timeline?.dots ?? [];
  const [chosen, setChosen] = useState<number>();
  const at = chosen ?? dots.length - 1;
  const dot = dots[at];
  const step = (by: number): void => setChosen(Math.min(dots.length - 1, Math.max(0, at + by)));
  const onKey = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    step(by);
  };

  return (
    <div ref={box}>
      {timeline === null ? (
        <Empty title="No events to draw">
          <p>Nothing failed at this address lately. The next failure, complaint or command will be shown here.</p>
        </Empty>
      ) : width === 0 ? null : (
        <>
          <Drawing timeline={timeline} incidents={incidents} width={width} chosen={at} choose={setChosen} />
          <Legend timeline={timeline} hasIncidents={incidents.length > 0} />
          {dot === undefined ? null : (
            <div class="strip" onKeyDown={onKey}>
              <div class="steps">
                <button class="button small" type="button" onClick={() => step(-1)} disabled={at === 0} aria-label="Earlier event">
                  ←
                </button>
                <button
                  class="button small"
                  type="button"
                  onClick={() => step(1)}
                  disabled={at === dots.length - 1}
                  aria-label="Later event"
                >
                  →
                </button>
              </div>
              <Chosen fact={facts[dot.index]} at={at} of={dots.length} />
            </div>
          )}
        </>
      )}
    </div>
  );
}

function Chosen({
  fact,
  at,
  of,
}: {
  readonly fact: Explanation['facts'][number] | undefined;
  readonly at: number;
  readonly of: number;
}): JSX.Element | null {
  if (fact === undefined) return null;
  const why = fact.counts ? null : (fact.why ?? (fact.voidedBy === null ? null : `void: ${words(fact.voidedBy)}`));
  return (
    <div class="what" aria-live="polite">
      <div>
        <span class="quiet">
          {at + 1} of {of} ·{' '}
        </span>
        <b>
          <Time at={fact.at} /> {fact.kind === undefined ? words(fact.type) : engagementText(fact.kind)}
        </b>
        {fact.effect == null ? null : <Rich text={`, ${fact.effect}`} />}
        {fact.category === null ? null : ` · ${words(fact.category)} · ${fact.counts ? 'counts' : 'does not count'}`}
      </div>
      {why === null ? null : (
        <div class="quiet small">
          <Rich text={why} />
        </div>
      )}
      {fact.reply === null ? null : <div class="reply">{fact.reply}</div>}
    </div>
  );
}

interface DrawingProps {
  readonly timeline: Timeline;
  readonly incidents: readonly ListedIncident[];
  readonly width: number;
  readonly chosen: number;
  readonly choose: (index: number) => void;
}

function Drawing({ timeline, incidents, width, chosen, choose }: DrawingProps): JSX.Element {
  const { from, to, dots, states, streak } = timeline;
  const isWide = width > 560;
  const left = isWide ? 64 : 4;
  const x = scaleOf(from, to, left, width - 6);
  const ticks = timeTicks(from, to, Math.max(3, Math.floor(width / 92)), -new Date(to).getTimezoneOffset() * 60_000);
  return (
    <svg class="chart" width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={summaryOf(timeline)}>
      {ticks.at.map((at) => (
        <g key={at}>
          <line x1={x(at)} x2={x(at)} y1={4} y2={FLOOR} class="gridline" />
          <text x={x(at)} y={HEIGHT - 6} text-anchor="middle">
            {ticks.step >= DAY ? localDay(at) : localClock(at) === '00:00' ? localDay(at) : localClock(at)}
            <title>{utcTime(at)}</title>
          </text>
        </g>
      ))}
      {incidents.map((one) => (
        <IncidentShade key={one.id} incident={one} x={x} />
      ))}
      <line x1={left} x2={width - 6} y1={FLOOR} y2={FLOOR} class="axis" />
      {isWide ? (
        <>
          <text x={0} y={LANES.states + 10}>
            State
          </text>
          {streak === null ? null : (
            <text x={0} y={LANES.streak + 10}>
              Streak
            </text>
          )}
          <text x={0} y={LANES.events + 4}>
            Events
          </text>
        </>
      ) : null}
      {states.map((span) => {
        const [begin, end] = [x(span.from), x(span.to)];
        return (
          <g key={span.from}>
            <rect
              x={begin}
              y={LANES.states}
              width={Math.max(2, end - begin - 1)}
              height={14}
              rx={3}
              fill={STATE_FILL[span.state] ?? 'var(--mark-quiet)'}
              opacity={span.state === 'healthy' ? 0.35 : 0.85}
            >
              <title>{STATES[span.state]?.name ?? span.state}</title>
            </rect>
          </g>
        );
      })}
      {streak === null ? null : <StreakBar streak={streak} x={x} />}
      {now.value > from && now.value < to ? (
        <g>
          <line x1={x(now.value)} x2={x(now.value)} y1={4} y2={FLOOR} stroke="var(--ink-3)" stroke-dasharray="2 3" />
          <text x={x(now.value) - 4} y={FLOOR - 4} text-anchor="end">
            now
          </text>
        </g>
      ) : null}
      {dots.map((dot, index) => (
        <g key={dot.index} onMouseEnter={() => choose(index)} onClick={() => choose(index)}>
          {index === chosen ? <circle cx={x(dot.at)} cy={LANES.events} r={10} fill="none" stroke="var(--accent)" stroke-width={2} /> : null}
          <MarkShape dot={dot} x={x(dot.at)} y={LANES.events} />
          <rect x={x(dot.at) - 7} y={LANES.events - 16} width={14} height={32} fill="transparent" />
        </g>
      ))}
    </svg>
  );
}

function IncidentShade({ incident, x }: { readonly incident: ListedIncident; readonly x: Scale }): JSX.Element {
  const begin = x(Date.parse(incident.from));
  const end = x(incident.until === null ? x.to : Date.parse(incident.until));
  return (
    <rect x={begin} y={4} width={Math.max(3, end - begin)} height={FLOOR - 4} fill="var(--shade)">
      <title>{`Incident at ${incident.provider ?? incident.domain ?? ''}`}</title>
    </rect>
  );
}

function StreakBar({ streak, x }: { readonly streak: NonNullable<Timeline['streak']>; readonly x: Scale }): JSX.Element {
  const [begin, reached, deadline] = [x(streak.from), x(streak.to), x(streak.deadline)];
  const y = LANES.streak;
  return (
    <g>
      <rect x={begin} y={y} width={Math.max(2, deadline - begin)} height={14} rx={3} fill="var(--sunken)" stroke="var(--line)" />
      <rect x={begin} y={y} width={Math.max(2, reached - begin)} height={14} rx={3} fill="var(--mark-late)" />
      {streak.marks
        .filter(({ at }) => at > streak.from && at <= x.to)
        .map(({ at, name }) => (
          <g key={name}>
            <line x1={x(at)} x2={x(at)} y1={y - 4} y2={y + 18} stroke="var(--ink-2)" stroke-width={1.5} />
            <text x={x(at)} y={y + 29} text-anchor="middle">
              {name}
            </text>
          </g>
        ))}
    </g>
  );
}

const FILLS: Readonly<Record<Mark, string>> = {
  counted: 'var(--mark-bad)',
  hollow: 'var(--surface)',
  hard: 'var(--mark-bad)',
  delivered: 'var(--mark-ok)',
  engaged: 'var(--mark-ok)',
  ignored: 'var(--surface)',
  command: 'var(--mark-note)',
};

function MarkShape({ dot, x, y }: { readonly dot: Pick<Dot, 'mark'>; readonly x: number; readonly y: number }): JSX.Element {
  const fill = FILLS[dot.mark];
  switch (dot.mark) {
    case 'hard':
      return (
        <path
          d={`M${x - 6} ${y - 6} L${x + 6} ${y + 6} M${x + 6} ${y - 6} L${x - 6} ${y + 6}`}
          stroke={fill}
          stroke-width={3}
          stroke-linecap="round"
        />
      );
    case 'delivered':
      return <path d={`M${x} ${y - 7} L${x + 7} ${y} L${x} ${y + 7} L${x - 7} ${y} Z`} fill={fill} />;
    case 'engaged':
      return <path d={heartAt(x, y)} fill={fill} />;
    case 'ignored':
      return <path d={heartAt(x, y)} fill={fill} stroke="var(--mark-quiet)" stroke-width={2} />;
    case 'command':
      return <rect x={x - 5} y={y - 5} width={10} height={10} rx={2} fill={fill} />;
    case 'hollow':
      return <circle cx={x} cy={y} r={5} fill={fill} stroke="var(--mark-quiet)" stroke-width={2} />;
    case 'counted':
      return <circle cx={x} cy={y} r={5.5} fill={fill} stroke="var(--surface)" stroke-width={1} />;
  }
}

/** Proof of life. */
function heartAt(x: number, y: number): string {
  return `M${x} ${y + 6} C${x - 9} ${y - 1} ${x - 6} ${y - 8} ${x} ${y - 3} C${x + 6} ${y - 8} ${x + 9} ${y - 1} ${x} ${y + 6} Z`;
}

const NAMES: Readonly<Record<Mark, string>> = {
  counted: 'failure that counts',
  hollow: 'failure that does not count',
  hard: 'hard bounce',
  delivered: 'delivery',
  engaged: 'proof of life: a click, a reply, a login, a confirmation',
  ignored: 'proof of life that changes nothing',
  command: 'complaint, unsubscribe or command',
};

function Legend({ timeline, hasIncidents }: { readonly timeline: Timeline; readonly hasIncidents: boolean }): JSX.Element {
  const marks = (Object.keys(NAMES) as Mark[]).filter((mark) => timeline.dots.some((dot) => dot.mark === mark));
  const states = [...new Set(timeline.states.map(({ state }) => state))];
  return (
    <ul class="legend">
      {marks.map((mark) => (
        <li key={mark}>
          <svg width="16" height="16" aria-hidden="true" focusable="false">
            <MarkShape dot={{ mark }} x={8} y={8} />
          </svg>
          {NAMES[mark]}
        </li>
      ))}
      {states.map((state) => (
        <li key={state}>
          <span
            class="swatch"
            style={{ background: STATE_FILL[state] ?? 'var(--mark-quiet)', opacity: state === 'healthy' ? 0.35 : 0.85 }}
          />
          {STATES[state]?.name ?? state}
        </li>
      ))}
      {timeline.streak === null ? null : (
        <li>
          <span class="swatch" style={{ background: 'var(--mark-late)' }} />
          streak, towards its deadline
        </li>
      )}
      {hasIncidents ? (
        <li>
          <span class="swatch" style={{ background: 'var(--shade)' }} />
          incident
        </li>
      ) : null}
    </ul>
  );
}

function summaryOf({ dots, streak }: Timeline): string {
  const of = (mark: Mark): number => dots.filter((dot) => dot.mark === mark).length;
  const ran = streak === null ? '' : ' The streak is drawn as a bar towards its deadline.';
  return `${of('counted') + of('hard')} failures that count, ${of('hollow')} that do not, ${of('delivered')} deliveries, ${of('engaged') + of('ignored')} times proof of life.${ran} The button Table shows every event.`;
}
