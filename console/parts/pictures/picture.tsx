/** A drawing on the screen, redrawn for its width, with its figures as a table behind a button. */
import { useMemo, useRef } from 'react';
import { HatchPattern } from '../traffic-chart.tsx';
import { useRoom } from '../use-room.ts';
import type { Drawing, PictureTable, Shape } from './drawing.ts';
import './pictures.css';

interface PictureProps {
  readonly height: number;
  /** Pure: the same size gives the same drawing. */
  readonly draw: (size: { readonly width: number; readonly height: number }) => Drawing;
}

export function Picture({ height, draw }: PictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useRoom(box);
  const drawing = useMemo(() => draw({ width, height }), [draw, width, height]);
  return (
    <div className="picture-room" ref={box} style={{ height: drawing.height }}>
      <svg className="chart picture" width={drawing.width} height={drawing.height} role="img" aria-label={drawing.alt}>
        <HatchPattern id="picture-hatch" />
        {Array.from(drawing.shapes.entries(), ([place, shape]) => (
          <ShapeMark key={place} shape={shape} />
        ))}
      </svg>
    </div>
  );
}

function ShapeMark({ shape }: { readonly shape: Shape }) {
  const className = `p-${shape.role}`;
  switch (shape.kind) {
    case 'rect':
      return (
        <rect className={className} x={shape.x} y={shape.y} width={shape.width} height={shape.height} fillOpacity={shape.weight}>
          {shape.says ? <title>{shape.says}</title> : null}
        </rect>
      );
    case 'line':
      return <line className={className} x1={shape.x1} y1={shape.y1} x2={shape.x2} y2={shape.y2} />;
    case 'path':
      return <path className={className} d={shape.d} />;
    case 'dot':
      return (
        <circle className={`${className}${shape.isRing ? ' ring' : ''}`} cx={shape.x} cy={shape.y} r={shape.radius}>
          {shape.says ? <title>{shape.says}</title> : null}
        </circle>
      );
    case 'text':
      return (
        <text className={`${className} halo`} x={shape.x} y={shape.y} textAnchor={shape.anchor}>
          {shape.text}
        </text>
      );
  }
}

const MOST_ROWS = 400;

export function PictureFigures({ table, caption }: { readonly table: PictureTable; readonly caption: string }) {
  return (
    <div className="scroll picture-table" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption className="sr">{caption}</caption>
        <thead>
          <tr>
            {table.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.slice(-MOST_ROWS).map(([name, ...cells]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {cells.map((cell, index) => (
                <td key={table.head[index + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
