// The gateways of this Nova, for all addresses of requests, sockets and media: the one that served the page, and the others that it named in
// the page. One that cannot be reached is left for the next one; any status is an answer, and stays. Used by api, upload, main and views.
export class Gateways {
  // Origins; the first one is the page's own and empty: its addresses are relative.
  private readonly origins_ = [''];
  private at_ = 0;

  // `named`: the others as the page has them, with blanks between; may name the page's own origin, too.
  learn(named: string, own: string): void {
    for (const origin of named.split(' ')) if (origin !== '' && origin !== own && !this.origins_.includes(origin)) this.origins_.push(origin);
  }

  // The one in use.
  get current(): string { return this.origins_[this.at_]!; }

  // Of a path of Nova at the gateway in use. A whole address, as of a bucket, stays.
  address(path: string): string { return path.startsWith('/') && !path.startsWith('//') ? this.current + path : path; }

  socket_address(own: string): string { return `ws${(this.current || own).slice('http'.length)}/v1/ws`; }

  // Nothing came from this gateway. What others found out meanwhile stands: many requests that fail at once go one further.
  failed(gateway: string): void {
    if (gateway === this.current) this.at_ = (this.at_ + 1) % this.origins_.length;
  }

  // A browser does not tell a handshake that was refused from one that got no answer: either way the next one is tried.
  watch(socket: EventTarget): void {
    const gateway = this.current;
    let open = false;
    socket.addEventListener('open', () => { open = true; });
    socket.addEventListener('close', () => { if (!open) this.failed(gateway); });
  }
}

export const gateways = new Gateways();
