// The waterfall's maths: when an exchange was where.

/** The phases of an exchange on one scale of milliseconds, the first begins at 0: { name, word, from, to, about }. */
export function phasesOf({ timings, summary }) {
  const { atServerMs = 0, tunnelMs, heldMs = 0, connectBeganMs, connectedMs, requestSentMs, firstByteMs, endedMs } = timings;
  const phases = [];
  let at = 0;
  const lay = (name, word, length, about = false) => {
    if (length > 0) phases.push({ name, word, from: at, to: at + length, about });
    at += Math.max(0, length);
  };
  lay('server', 'At the server', atServerMs);
  lay('tunnel', 'Through the tunnel', tunnelMs ?? 0, true);
  // From here on everything is measured from the arrival at the client.
  const arrival = at;
  const end = endedMs ?? Math.max(summary.durationMs, firstByteMs ?? 0);
  let from = 0;
  const until = (name, word, to) => {
    if (to === null || to === undefined) return;
    if (to > from) phases.push({ name, word, from: arrival + from, to: arrival + to, about: false });
    from = Math.max(from, to);
  };
  until('held', 'Held', heldMs);
  if (connectBeganMs !== null && connectBeganMs !== undefined) {
    from = Math.max(from, connectBeganMs);
    until('connect', 'Connect', connectedMs ?? end);
  }
  until('send', 'Send the request', requestSentMs);
  until('wait', 'Wait for the first byte', firstByteMs ?? (requestSentMs === null || requestSentMs === undefined ? null : end));
  until('body', 'Receive the response', firstByteMs === null || firstByteMs === undefined ? null : end);
  // It ended before any of this was reached.
  if (from === 0 && end > 0) until('wait', 'Nothing came back', end);
  return { phases, total: Math.max(arrival + end, at), usedKeptConnection: connectBeganMs === null && requestSentMs !== null && requestSentMs !== undefined };
}
