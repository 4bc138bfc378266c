// The maths of the charts.

/** A step of 1, 2, 2.5 or 5 times a power of ten, so that about `wanted` of them reach the top. */
export function niceStep(top, wanted = 4) {
  const rough = Math.max(top, 1e-9) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= rough * 0.9999);
  return factor * power;
}

/** The values of the horizontal lines, from 0 to at least the top. */
export function ticks(top, wanted = 4) {
  const step = niceStep(top, wanted);
  const values = [];
  for (let index = 0; index <= Math.ceil(top / step - 1e-9); index++) values.push(index * step);
  return values.length > 1 ? values : [0, step];
}

const round = (value) => Math.round(value * 100) / 100;

/** A path through points; null breaks it. */
export function linePath(points) {
  let path = '';
  let pen = 'M';
  for (const point of points) {
    if (point === null) pen = 'M';
    else {
      path += `${pen}${round(point[0])} ${round(point[1])}`;
      pen = 'L';
    }
  }
  return path;
}

/** The area between points and a floor. */
export function areaPath(points, floor) {
  if (points.length === 0) return '';
  return `${linePath(points)}L${round(points.at(-1)[0])} ${floor}L${round(points[0][0])} ${floor}Z`;
}

/** The area between two rows of points. */
export function bandPath(upper, lower) {
  if (upper.length === 0) return '';
  return `${linePath(upper)}${linePath([...lower].reverse()).replace('M', 'L')}Z`;
}

/** Puts several seconds into one point, so that there are at most `wanted`. Percentiles take the greatest: peaks must not vanish. */
export function condense(points, wanted) {
  const size = Math.max(1, Math.ceil(points.length / wanted));
  if (size === 1) return points.map((point) => ({ ...point, seconds: 1 }));
  const groups = [];
  for (let end = points.length; end > 0; end -= size) groups.unshift(merge(points.slice(Math.max(0, end - size), end)));
  return groups;
}

const sums = ['requests', 'status1xx', 'status2xx', 'status3xx', 'status4xx', 'status5xx', 'errors', 'requestBytes', 'responseBytes'];

function merge(points) {
  const result = { at: points.at(-1).at, active: points.at(-1).active, seconds: points.length };
  for (const name of sums) result[name] = points.reduce((sum, point) => sum + (point[name] ?? 0), 0);
  for (const name of ['p50Ms', 'p95Ms', 'p99Ms']) {
    const values = points.map((point) => point[name]).filter((value) => value !== null && value !== undefined);
    result[name] = values.length ? Math.max(...values) : null;
  }
  return result;
}
