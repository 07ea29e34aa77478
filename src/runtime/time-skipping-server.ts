/**
 * Temporal's test server, whose time jumps to the next timer: for tests only.
 * @module
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, makeOnce, onPath, run } from './installed.ts';
import type { Log } from './log.ts';
import { downloadBySdk } from './temporal-executable.ts';

const VERSION = '1.34.0';

/**
 * The SDK waits five seconds for it, so that it has to start fast: hence Java's flags. Without `--enable-time-skipping`
 * time stands locked until a result is awaited, as the SDK expects; with it, time runs away before a worker is there.
 */
const SCRIPT = `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Xmx512m -cp "$here/lib/*" \\
  io.temporal.testserver.TestServer "$@"
`;

const PROJECT_FILE = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>throughline</groupId><artifactId>time-skipping</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${VERSION}</version>
    </dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;

/**
 * A program that the SDK starts with a port, by its `existing-path`. Made once: from Maven Central where Java and Maven
 * are at hand, else by the SDK's own download.
 */
export async function timeSkippingServerExecutable(log: Log): Promise<string> {
  const folder = join(cacheFolder(), `time-skipping-${VERSION}`);
  await makeOnce(folder, log, async (at) => {
    await mkdir(at);
    const file = join(at, 'temporal-test-server');
    const [java, maven] = await Promise.all([onPath('java'), onPath('mvn')]);
    if (java !== undefined && maven !== undefined) return fromMaven(maven, at, file, log);
    log.info("Downloading Temporal's time-skipping test server once (about 40 MB).");
    await downloadBySdk('createTimeSkipping', file).catch((cause: unknown) => {
      const message =
        'The time-skipping test server needs Java 11 and Maven on the PATH, or https://temporal.download.';
      throw new Error(message, { cause });
    });
  });
  return join(folder, 'temporal-test-server');
}

async function fromMaven(maven: string, at: string, file: string, log: Log): Promise<void> {
  log.info("Fetching Temporal's time-skipping test server once from Maven Central (36 MB).");
  const pom = join(at, 'pom.xml');
  await writeFile(pom, PROJECT_FILE);
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(at, 'lib')}`];
  await run(maven, ['--batch-mode', '--quiet', '--file', pom, ...goal], { cwd: at });
  await writeFile(file, SCRIPT);
  await chmod(file, 0o755);
}
