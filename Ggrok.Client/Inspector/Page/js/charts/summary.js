import { bytes, count, duration, many } from '../format/figures.js';

export const spans = [[1, '1 min'], [5, '5 min'], [15, '15 min']];

const sum = (points, of) => points.reduce((total, point) => total + (of(point) ?? 0), 0);

/** The figures of a span of time: a headline, and each chart in a sentence for those who cannot see it. */
export function summaryOf(points, minutes) {
  const requests = sum(points, (point) => point.requests);
  const failed = sum(points, (point) => point.status5xx + point.errors);
  const client = sum(points, (point) => point.status4xx);
  const out = sum(points, (point) => point.responseBytes);
  const into = sum(points, (point) => point.requestBytes);
  const peak = Math.max(0, ...points.map((point) => point.requests));
  const p50 = typical(points, 'p50Ms');
  const p95 = typical(points, 'p95Ms');
  const worst = Math.max(0, ...points.map((point) => point.p99Ms ?? 0));
  const share = requests === 0 ? '0 %' : `${Number((failed / requests * 100).toFixed(failed / requests < 0.01 ? 2 : 1))} %`;
  const active = points.at(-1)?.active ?? 0;
  const during = `In the last ${minutes === 1 ? 'minute' : `${minutes} minutes`}`;
  return {
    headline: [
      ['Requests', count(requests)], ['Peak per second', count(peak)], ['Running now', count(active)], ['p50', p50 === null ? '–' : duration(p50)], ['p95', p95 === null ? '–' : duration(p95)],
      ['Failed', share, failed > 0 ? 'bad' : ''], ['Sent to visitors', bytes(out)],
    ],
    texts: {
      requests: `${during} ${many(requests, 'request')}, at most ${count(peak)} in a second.`,
      latency: p50 === null ? `${during} nothing was measured.` : `${during} the median was about ${duration(p50)}, the 95th percentile about ${duration(p95)}; the highest 99th percentile of a second was ${duration(worst)}.`,
      status: `${during} ${count(requests - failed - client)} went well or were redirected, ${count(client)} were answered with 4xx, ${count(failed)} with 5xx or not at all.`,
      bytes: `${during} ${bytes(out)} of responses and ${bytes(into)} of requests.`,
    },
  };
}

/** Mean of the seconds' percentiles, weighed by their requests. An approximation: the requests themselves are not here. */
function typical(points, name) {
  const known = points.filter((point) => point[name] !== null && point[name] !== undefined && point.requests > 0);
  const weight = sum(known, (point) => point.requests);
  return weight === 0 ? null : sum(known, (point) => point[name] * point.requests) / weight;
}
