// What stands between a browser and the console, and can be away.
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** Forwards connections to the console until it is cut. */
export class Forwarder {
  private readonly open = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  private constructor(private readonly target: URL) {}

  /** Starts one, on a free port. */
  static async to(url: string): Promise<Forwarder> {
    const forwarder = new Forwarder(new URL(url));
    await forwarder.mend();
    return forwarder;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Takes connections, on the same port as before. */
  async mend(): Promise<void> {
    const server = createServer((from) => {
      const to = connect(Number(this.target.port), this.target.hostname);
      for (const [here, there] of [
        [from, to],
        [to, from],
      ] as const) {
        this.open.add(here);
        here.on('error', () => there.destroy());
        here.on('close', () => {
          this.open.delete(here);
          there.destroy();
        });
        here.pipe(there);
      }
    });
    await new Promise<void>((listening) => server.listen(this.port, '127.0.0.1', listening));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Ends every connection, and takes no more. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server?.close(resolve));
    for (const socket of this.open) socket.destroy();
    await closed;
  }
}
