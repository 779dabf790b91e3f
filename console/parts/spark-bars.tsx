/** A row of small bars over time: one kind of finding, one glance. The figures stand beside it in the table. */
const FLOOR = 23;
const TALLEST = 22;
const SHORTEST = 1.5;

export function SparkBars({ counts, highest }: { readonly counts: readonly number[]; readonly highest: number }) {
  const width = 100 / Math.max(1, counts.length);
  const bars = counts.map((count, index) =>
    count > 0 ? bar(index * width + width * 0.12, width * 0.76, (TALLEST * count) / highest) : '',
  );
  return (
    <svg className="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <line x1="0" x2="100" y1="23.5" y2="23.5" stroke="var(--line)" />
      <path d={bars.join('')} fill="var(--ink-2)" />
    </svg>
  );
}

const bar = (x: number, width: number, height: number): string => `M${x} ${FLOOR}h${width}v${-Math.max(SHORTEST, height)}h${-width}z`;
