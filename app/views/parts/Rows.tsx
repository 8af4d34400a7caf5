/**
 * A table of any length of which only the rows near the window exist, so that thousands scroll as smoothly as ten. Rows have
 * one height, which the style sheet sets (--row); assistive technology is told the whole count.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface RowsProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly count: number;
  /** A class of the style sheet that has the columns' widths and the rows' height. */
  readonly shape?: string;
  /** The cells of a row, as many as columns. */
  readonly row: (index: number) => readonly ComponentChildren[];
  /** What is added comes first: whoever has scrolled down keeps the rows that they look at. */
  readonly growsAtTop?: boolean;
  /** Told which rows exist, from `first` to before `end`, whenever that changes. */
  readonly onShown?: (first: number, end: number) => void;
}

/** Rows that exist beyond the window at either end. */
const BEYOND = 8;
const FIRST_SIGHT = 20;

export function Rows({ label, columns, count, row, shape = "", growsAtTop = false, onShown }: RowsProps) {
  const body = useRef<HTMLDivElement>(null);
  const before = useRef(count);
  const [shown, setShown] = useState({ first: 0, end: FIRST_SIGHT, height: 0 });

  useLayoutEffect(() => {
    const added = count - before.current;
    before.current = count;
    const element = body.current;
    if (!growsAtTop || added <= 0 || element === null || element.getBoundingClientRect().top >= 0) return;
    window.scrollBy({ top: added * heightOf(element), behavior: "instant" });
  }, [count, growsAtTop]);

  useLayoutEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      const element = body.current;
      if (element === null) return;
      const height = heightOf(element);
      const above = -element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(above / height) - BEYOND);
      const end = Math.min(count, Math.ceil((above + window.innerHeight) / height) + BEYOND);
      setShown((before) =>
        before.first === first && before.end === end && before.height === height ? before : { first, end, height },
      );
    };
    const soon = () => (frame ||= requestAnimationFrame(look));
    look();
    window.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", soon);
      window.removeEventListener("resize", soon);
    };
  }, [count]);

  const first = Math.min(shown.first, count);
  const end = Math.min(Math.max(shown.end, first), count);
  useEffect(() => onShown?.(first, end), [first, end, onShown]);

  return (
    <div
      class={`rows ${shape}`}
      role="table"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
    >
      <div role="row" class="row heads" aria-rowindex={1}>
        {columns.map((column) => (
          <span role="columnheader" key={column}>
            {column}
          </span>
        ))}
      </div>
      <div role="rowgroup" class="body" ref={body} style={{ height: `calc(${count} * var(--row) * 1rem)` }}>
        {Array.from({ length: end - first }, (_, offset) => {
          const index = first + offset;
          return (
            <div
              role="row"
              class="row"
              key={index}
              aria-rowindex={index + 2}
              style={{ top: `calc(${index} * var(--row) * 1rem)` }}
            >
              {row(index).map((cell, column) => (
                <span role="cell" key={column} data-column={columns[column]}>
                  {cell}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Of one row, in pixels. */
function heightOf(element: Element): number {
  const rootFontSize = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return parseFloat(getComputedStyle(element).getPropertyValue("--row")) * rootFontSize;
}
