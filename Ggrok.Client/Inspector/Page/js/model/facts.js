/** Which methods, hosts and tunnels occur: what there is to filter by. Counted as exchanges come, so that nobody walks the list. */
export class Facts {
  constructor(exchanges) {
    this.exchanges = exchanges;
    this.reset();
    exchanges.watch((change) => {
      if (change.all) this.reset();
      for (const item of change.all ? exchanges.items : change.fresh) this.see(item);
    });
  }

  reset() {
    this.methods = new Set();
    this.hosts = new Set();
    this.tunnels = new Set();
  }

  see({ method, host, tunnel }) {
    this.methods.add(method);
    if (this.hosts.size < 200) this.hosts.add(host);
    this.tunnels.add(tunnel);
  }
}
