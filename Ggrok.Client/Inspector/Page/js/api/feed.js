// The stream of events, and how the page comes back in step after it broke.

const retryMs = [500, 1000, 2000, 3000];

export class Feed {
  /** The handlers: exchanges, skipped, status, stats, rules, cleared, lost, found (async: loads everything). */
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    this.failures = 0;
    this.waiting = null;
  }

  start() {
    const source = new EventSource(this.url);
    this.source = source;
    source.addEventListener('open', () => this.found());
    source.addEventListener('error', () => this.lost(source));
    for (const name of ['exchanges', 'skipped', 'status', 'stats', 'rules', 'cleared']) {
      source.addEventListener(name, (event) => this.take(name, event.data));
    }
  }

  take(name, data) {
    const event = { name, data: data ? JSON.parse(data) : null };
    // What comes while everything is being loaded is newer than what is loaded.
    if (this.waiting) this.waiting.push(event);
    else this.handlers[name](event.data);
  }

  async found() {
    this.failures = 0;
    const waiting = [];
    this.waiting = waiting;
    try {
      await this.handlers.found();
    } catch {
      if (this.waiting === waiting) this.lost(this.source);
      return;
    }
    if (this.waiting !== waiting) return;
    this.waiting = null;
    for (const event of waiting) this.handlers[event.name](event.data);
  }

  lost(source) {
    if (source !== this.source) return;
    source.close();
    this.source = null;
    this.waiting = null;
    const delay = retryMs[Math.min(this.failures++, retryMs.length - 1)];
    this.handlers.lost(this.failures);
    setTimeout(() => this.start(), delay);
  }
}
