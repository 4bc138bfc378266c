// The API of the inspector: every call of the page goes through here.

/** A request that the API refused: the message says why and what to do. */
export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || `The inspector answered with ${status}.`);
    this.status = status;
  }
}

/** ggrok does not answer: it has ended, or the machine slept. */
export class Unreachable extends Error {
  constructor() {
    super('ggrok does not answer. Is it still running?');
  }
}

export class Api {
  constructor(base = 'api') {
    this.base = base;
    this.session = null;
  }

  url(path, query) {
    const text = query ? new URLSearchParams(query).toString() : '';
    return `${this.base}/${path}${text ? `?${text}` : ''}`;
  }

  async get(path, query) {
    return (await this.send('GET', path, { query })).json();
  }

  async getText(path, query) {
    return (await this.send('GET', path, { query })).text();
  }

  async getBytes(path, query, signal) {
    return new Uint8Array(await (await this.send('GET', path, { query, signal })).arrayBuffer());
  }

  /** Changes something; answers with what came back, or null. */
  async write(method, path, content) {
    const options = { content, secret: await this.secret() };
    let response;
    try {
      response = await this.send(method, path, options);
    } catch (problem) {
      if (!(problem instanceof Refused) || problem.status !== 403) throw problem;
      // ggrok was started again since: its secret is another one.
      this.forgetSession();
      response = await this.send(method, path, { content, secret: await this.secret() });
    }
    return response.status === 204 ? null : response.json();
  }

  forgetSession() {
    this.session = null;
  }

  async secret() {
    this.session ??= this.get('session');
    try {
      return (await this.session).secret;
    } catch (problem) {
      this.session = null;
      throw problem;
    }
  }

  async send(method, path, { query, content, secret, signal } = {}) {
    const headers = {};
    if (secret) headers['X-Ggrok-Secret'] = secret;
    if (content !== undefined) headers['Content-Type'] = 'application/json';
    let body;
    if (content !== undefined) body = content instanceof Blob ? content : JSON.stringify(content);
    let response;
    try {
      response = await fetch(this.url(path, query), { method, headers, body, signal, cache: 'no-store' });
    } catch (problem) {
      if (problem.name === 'AbortError') throw problem;
      throw new Unreachable();
    }
    if (!response.ok) throw new Refused(await response.json().catch(() => ({})), response.status);
    return response;
  }
}
