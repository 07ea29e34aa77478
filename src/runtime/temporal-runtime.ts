/**
 * Temporal's native runtime: one for a process, installed before anything uses it.
 * @module
 */
import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Log } from './log.ts';

/**
 * Temporal speaks through our log, and leaves signals to us: we end the parts in order. Where the process has a runtime
 * already, that one stays.
 */
export function installTemporalRuntime(log: Log): void {
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    if (level === 'ERROR') log.error({ ...meta }, message);
    else log.warn({ ...meta }, message);
  });
  try {
    // What its native part has to say comes the same way, or it would write onto people's terminals in a format of its own.
    Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { forward: {} } } });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}
