// The API of the server: every call of the page goes through here.

/** A request that the API refused: the message says why and what to do. */
export class Refused extends Error {
  constructor(problem, status) {
    super([problem.title, problem.detail].filter(Boolean).join(' ') || `The server answered with ${status}.`);
    this.status = status;
  }
}

/** The server does not answer. */
export class Unreachable extends Error {
  constructor() {
    super('The server does not answer.');
  }
}

export class Api {
  constructor({ onsignedout }) {
    this.onsignedout = onsignedout;
    this.csrf = null;
  }

  url(path, query) {
    return `api/${this.pathOf(path, query)}`;
  }

  /** A path with its query. */
  pathOf(path, query) {
    const text = query ? new URLSearchParams(query).toString() : '';
    return `${path}${text ? `?${text}` : ''}`;
  }

  /** Reads; `background` says that nobody did anything, so that an unattended page signs out. */
  async get(path, query, { background = false } = {}) {
    return (await this.send('GET', path, { query, background })).json();
  }

  /** Changes something; answers with what came back, or null. */
  async write(method, path, content) {
    const response = await this.send(method, path, { content });
    return response.status === 204 ? null : response.json();
  }

  async session() {
    const session = await this.get('session');
    this.csrf = session.csrf ?? null;
    return session;
  }

  async signIn(token) {
    const session = await this.write('POST', 'session', { token });
    this.csrf = session.csrf;
    return session;
  }

  async signOut() {
    await this.write('DELETE', 'session');
    this.csrf = null;
  }

  async send(method, path, { query, content, background = false }) {
    const headers = {};
    if (this.csrf && method !== 'GET') headers['X-Ggrok-Csrf'] = this.csrf;
    if (background) headers['X-Ggrok-Background'] = '1';
    if (content !== undefined) headers['Content-Type'] = 'application/json';
    let response;
    try {
      response = await fetch(this.url(path, query), { method, headers, body: content === undefined ? undefined : JSON.stringify(content), cache: 'no-store' });
    } catch {
      throw new Unreachable();
    }
    if (response.ok) return response;
    const problem = new Refused(await response.json().catch(() => ({})), response.status);
    if (response.status === 401 && path !== 'session') this.onsignedout();
    throw problem;
  }
}
