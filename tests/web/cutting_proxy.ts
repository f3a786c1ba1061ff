// Stands between browser and Nova, and cuts the connection of an upload in the middle of its bytes, as a network that is lost. Used by
// media_steps.ts.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class CuttingProxy {
  private readonly server_: Server;
  private readonly sockets_ = new Set<Socket>();
  // Bytes of the next PATCH that pass; 0: all.
  private left_ = 0;

  private constructor(server: Server) {
    this.server_ = server;
  }

  static async before(origin: string): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server);
    const { port, hostname } = new URL(origin);
    server.on('connection', (client) => proxy.join_(client, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return proxy;
  }

  get origin(): string { return `http://127.0.0.1:${(this.server_.address() as AddressInfo).port}`; }

  cut_next(bytes: number): void { this.left_ = bytes; }

  close(): void {
    this.server_.close();
    for (const socket of this.sockets_) socket.destroy();
  }

  private join_(client: Socket, nova: Socket): void {
    let counts = false;
    const end = () => { for (const socket of [client, nova]) socket.destroy(); };
    for (const socket of [client, nova]) {
      this.sockets_.add(socket);
      socket.on('error', end);
      socket.on('close', () => { this.sockets_.delete(socket); end(); });
    }
    nova.on('data', (bytes) => client.write(bytes));
    client.on('data', (bytes) => {
      counts ||= this.left_ > 0 && bytes.subarray(0, 18).toString() === 'PATCH /v1/uploads/';
      if (!counts || bytes.length < this.left_) {
        if (counts) this.left_ -= bytes.length;
        nova.write(bytes);
        return;
      }
      // What has passed arrives before the end does.
      nova.end(bytes.subarray(0, this.left_));
      this.left_ = 0;
      client.destroy();
    });
  }
}
