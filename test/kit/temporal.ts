import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { inject } from 'vitest';
import { timeSkippingServerExecutable } from '../../src/runtime/time-skipping-server.ts';
import { quiet } from './quiet.ts';

const TRIES = 3;
let isQuiet = false;

/**
 * A server whose time jumps to the next timer whenever a result is awaited. Time is the server's, not a workflow's: one
 * for each test file, tests in a file one after the other. `teardown()` ends it.
 */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  const path = await timeSkippingServerExecutable(quiet);
  for (let attempt = 1; ; attempt++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path } },
      });
    } catch (error) {
      // The SDK gives it five seconds, which a busy machine may need to start Java.
      if (attempt === TRIES) throw error;
    }
  }
}

/** Temporal's native runtime is one for a process, and says at length what its workers do. */
export function quietRuntime(): void {
  if (!isQuiet) {
    const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' });
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter, forward: {} } } });
  }
  isQuiet = true;
}

export interface TestTemporal {
  readonly connection: Connection;
  /** For workers. */
  readonly native: NativeConnection;
  readonly client: Client;
  readonly address: string;
  close(): Promise<void>;
}

/** Connects to the dev server that all tests share: use task queues and workflow ids of your own. */
export async function connectTemporal(): Promise<TestTemporal> {
  quietRuntime();
  const address = inject('temporalAddress');
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  return {
    connection,
    native,
    client: new Client({ connection }),
    address,
    close: async () => {
      await native.close();
      await connection.close();
    },
  };
}
