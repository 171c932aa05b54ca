/** A list of any length of which only the rows in view exist. A table for readers of screens. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface VirtualProps {
  readonly label: string;
  /** The class with the columns of a row. */
  readonly grid: string;
  readonly head: ComponentChildren;
  readonly rows: number;
  /** Of all rows, where more can be loaded; -1: not known. */
  readonly total?: number;
  /** px */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** The last rows come into view. */
  readonly onEnd?: () => void;
}

const HEAD = 38;
/** Rows beyond the edges. */
const SPARE = 8;

export function Virtual({ label, grid, head, rows, total, rowHeight, row, onEnd }: VirtualProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 640 });
  const first = Math.max(0, Math.floor(view.top / rowHeight) - SPARE);
  const last = Math.min(rows, Math.ceil((view.top + view.height) / rowHeight) + SPARE);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  useEffect(() => {
    if (last >= rows - 200) onEnd?.();
  }, [last, rows, onEnd]);

  return (
    <div
      class="virtual"
      ref={box}
      role="table"
      aria-label={label}
      aria-rowcount={total ?? rows + 1}
      tabIndex={0}
      style={{ height: `${HEAD + rows * rowHeight + 2}px` }}
    >
      <div class={`line top ${grid}`} role="row" style={{ height: `${HEAD}px` }}>
        {head}
      </div>
      <div class="space" role="rowgroup" style={{ height: `${rows * rowHeight}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, offset) => {
          const index = first + offset;
          return (
            <div
              key={index}
              class={`line ${grid}`}
              role="row"
              aria-rowindex={index + 2}
              style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
            >
              {row(index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
