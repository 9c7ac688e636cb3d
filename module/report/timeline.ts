import type { EngineEvent } from '../docker/docker.ts';
import { logSignatures } from '../facts/log-signs.ts';
import type { ModuleLogReading } from '../facts/log-statistics.ts';
import { left, right, type Span, short, timeAxis, timeScale, width } from './charts.ts';
import { type Html, html } from './html.ts';
import { timeText } from './words.ts';

const laneHeight = 30;
/** So many marks a lane has at the most. */
const mostMarks = 200;

/** One module's life within the span. */
export interface Lane {
  readonly name: string;
  readonly events: readonly EngineEvent[];
  readonly log?: ModuleLogReading | undefined;
}

/** Known lines of a log within the span: when each sign was seen first, and last. */
function known(log: ModuleLogReading | undefined, inSpan: (at: number) => boolean) {
  return Object.entries(log?.signs ?? {}).flatMap(([id, { first, last }]) => {
    const title = logSignatures.find((signature) => signature.id === id)?.title ?? id;
    return (first === last ? [first] : [first, last]).flatMap(({ at }) =>
      at !== undefined && inSpan(at) ? [{ at, title }] : [],
    );
  });
}

const kinds: Readonly<Record<string, { readonly kind: string; readonly what: string }>> = {
  start: { kind: 'start', what: 'started' },
  die: { kind: 'error', what: 'ended' },
  oom: { kind: 'error', what: 'ran out of memory' },
  kill: { kind: 'warning', what: 'was killed' },
  stop: { kind: 'warning', what: 'was stopped' },
};

/** A lane for each module: starts, ends and out of memory as marks, errors of its log as bars below. */
export function timeline(lanes: readonly Lane[], span: Span): Html {
  const x = timeScale(span);
  const height = lanes.length * laneHeight;
  const inSpan = (at: number) => at >= span.from && at <= span.to;
  const drawn = lanes.map(({ name, events, log }, row) => {
    const top = row * laneHeight;
    const most = Math.max(1, ...(log?.rate?.errors ?? []));
    const rate = log?.rate;
    const bars = (rate?.errors ?? []).map((errors, step) => {
      const at = (rate?.from ?? 0) + step * (rate?.stepMs ?? 0);
      if (errors === 0 || !inSpan(at)) return '';
      const end = Math.min(x(at + (rate?.stepMs ?? 0)), width - right);
      const tall = 3 + (errors / most) * 9;
      return html`<rect class="error" x="${x(at).toFixed(1)}" y="${(top + laneHeight - 2 - tall).toFixed(1)}" width="${Math.max(1.5, end - x(at)).toFixed(1)}" height="${tall.toFixed(1)}"><title>${name}: ${errors} errors from ${timeText(at)}</title></rect>`;
    });
    const marks = events
      .filter(({ at }) => inSpan(at))
      .slice(-mostMarks)
      .map(({ action, at, exitCode }) => {
        const { kind, what } = kinds[action] ?? { kind: 'plain', what: action };
        const fine = action === 'die' && exitCode === 0;
        const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`;
        return html`<circle class="${fine ? 'plain' : kind}" cx="${x(at).toFixed(1)}" cy="${top + 9}" r="4.5"><title>${name} ${what}${code} at ${timeText(at)}</title></circle>`;
      });
    const seen = known(log, inSpan).map(
      ({ at, title }) =>
        html`<path class="sign" d="M${x(at).toFixed(1)} ${top + 3}l5 9h-10z"><title>${name}: ${title}, ${timeText(at)}</title></path>`,
    );
    return html`<text class="lane" x="${left - 10}" y="${top + 18}" text-anchor="end">${short(name)}</text>
<line class="axis" x1="${left}" x2="${width - right}" y1="${top + laneHeight - 1}" y2="${top + laneHeight - 1}"/>${bars}${marks}${seen}`;
  });
  return html`<svg viewBox="0 0 ${width} ${height + 22}" role="img"><title>Starts, ends and errors of each module over time</title>${timeAxis(span, height)}${drawn}</svg>`;
}
