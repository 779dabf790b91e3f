/** A row of small bars over time: one kind of finding, one glance. The figures stand beside it in the table. */
export function SparkBars({ counts, highest }: { readonly counts: readonly number[]; readonly highest: number }) {
  const width = 100 / Math.max(1, counts.length);
  return (
    <svg className="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <line x1="0" x2="100" y1="23.5" y2="23.5" stroke="var(--line)" />
      {counts.map((count, index) =>
        count > 0 ? (
          <rect
            key={index}
            x={index * width + width * 0.12}
            width={width * 0.76}
            y={23 - Math.max(1.5, (22 * count) / highest)}
            height={Math.max(1.5, (22 * count) / highest)}
            fill="var(--ink-2)"
          />
        ) : null,
      )}
    </svg>
  );
}
