/** A rule that matches requests like this one, to be finished by the reader. */
export function ruleOf({ request, response, summary }) {
  const last = request.path.split('/').filter(Boolean).at(-1) ?? 'root';
  const type = response?.headers.find(([name]) => name.toLowerCase() === 'content-type');
  return {
    name: `${request.method} ${last}`.toLowerCase().replace(/[^\w]+/g, '-').replace(/^-|-$/g, ''),
    enabled: true, method: request.method, path: request.path, host: null, tunnel: summary.tunnel, header: null, hold: true,
    respond: null, latencyMs: null, errorRate: null, errorStatus: null,
    // What it was answered with is the best beginning of a fixed answer.
    suggestion: response ? { status: Math.max(200, response.status), headers: type ? [type] : [], body: response.body.text ?? '' } : null,
  };
}
