/**
 * Ports on this machine: one that is free, and whether a wanted one is.
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** Another program listens on a port that was asked for by name. */
export class PortBusyError extends Error {
  override readonly name = 'PortBusyError';

  constructor(
    readonly port: number,
    /** What the port was asked for with, such as `PORT`. */
    readonly setting: string,
  ) {
    super(
      `${setting} is ${port}, but another program listens there already. Stop it, or set ${setting} to a free port (0 picks one).`,
    );
  }
}

/**
 * A port that nothing listens on.
 * @param wanted is returned if it is free
 */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  const server = createServer();
  await listening(server, 0);
  const { port } = server.address() as AddressInfo;
  await leaveTrace(server, port);
  await closed(server);
  return port;
}

/**
 * Says early and clearly what listening would say late.
 * @throws {PortBusyError}
 */
export async function requireFreePort(port: number, setting: string): Promise<void> {
  if (port !== 0 && !(await isFree(port))) throw new PortBusyError(port, setting);
}

/** Whether one can listen here, on every address as well as on this machine's own. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of [LOOPBACK, undefined]) {
    const server = createServer();
    try {
      await listening(server, port, host);
    } catch {
      return false;
    }
    await closed(server);
  }
  return true;
}

/** Whether something accepts connections. */
export async function answers(port: number, host = LOOPBACK): Promise<boolean> {
  const socket = connect({ port, host });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * A connection that the listening side closes first keeps the kernel from handing the port to the next one who asks for
 * any, for a minute, while whoever knows it may still listen there.
 */
async function leaveTrace(server: Server, port: number): Promise<void> {
  const accepted = once(server, 'connection');
  const client = connect({ port, host: LOOPBACK, allowHalfOpen: true });
  const [socket] = await accepted;
  socket.end();
  await once(client.resume(), 'end');
  client.end();
  await once(client, 'close');
}

async function listening(server: Server, port: number, host = LOOPBACK): Promise<void> {
  server.listen({ port, host, exclusive: true });
  await once(server, 'listening');
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
