/** Looks again and again while it is shown, one look at a time. What goes wrong is said at the top until a look succeeds. */
export class Polling {
  constructor(app, look, everyMs) {
    this.app = app;
    this.look = look;
    this.everyMs = everyMs;
    this.timer = null;
    this.run = 0;
  }

  setShown(isShown) {
    clearTimeout(this.timer);
    this.run++;
    if (isShown) this.step(this.run);
  }

  /** Looks at once. */
  again() {
    this.setShown(true);
  }

  async step(run) {
    let trouble = null;
    try {
      await this.look();
    } catch (problem) {
      trouble = problem.message;
    }
    if (run !== this.run) return;
    if (this.app.session) this.app.setTrouble(trouble);
    this.timer = setTimeout(() => this.step(run), this.everyMs);
  }
}
