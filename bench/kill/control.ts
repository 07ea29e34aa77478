/**
 * What an operator does in the midst of a storm: journeys are paused and resumed, a new version is published, and people in
 * flight are moved to it. As often as it takes until it is answered.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../../src/core/time.ts';
import { publish } from '../../src/definitions/publish.ts';
import type { Ground } from '../harness/ground.ts';
import { API_KEY } from '../harness/product.ts';
import type { Chance } from '../harness/random.ts';
import { workspaceIn } from '../harness/workspaces.ts';
import { LATER_MAP, type StormWorkspace } from './workspace.ts';

const BETWEEN = { from: 1 * SECOND, to: 4 * SECOND };
const PAUSED_FOR = { from: 3 * SECOND, to: 7 * SECOND };
const AGAIN_AFTER = 300;
const ANSWER_WITHIN = 10 * SECOND;
/** It was asked for before, and the answer was lost. */
const UNDER_WAY = 409;

export interface Controls {
  /** Runs that came due during a pause. */
  readonly held: number;
}

interface Operator {
  readonly url: string;
  readonly workspace: StormWorkspace;
  readonly ground: Ground;
  readonly chance: Chance;
  readonly say: (line: string) => void;
}

export async function operate({ url, workspace, ground, chance, say }: Operator): Promise<Controls> {
  const pauseBetween = ({ from, to }: typeof BETWEEN) => delay(chance.between(from, to));
  let held = 0;
  const ask = async (journey: string, what: string, body: object) => {
    const answer = await insist(`${url}/api/journeys/${journey}/${what}`, body);
    say(`${journey}: ${what}`);
    return answer;
  };
  const by = { by: 'bench', reason: 'a storm' };
  const pauseAndResume = async (journey: string, rate: string) => {
    await ask(journey, 'pause', by);
    await pauseBetween(PAUSED_FOR);
    const { released } = (await ask(journey, 'resume', { ...by, rate })) as { released: { runs: number } | null };
    held += released?.runs ?? 0;
    await pauseBetween(BETWEEN);
  };

  await pauseBetween(PAUSED_FOR);
  await pauseAndResume('all-kinds', '20/second');
  await workspace.change();
  const later = await workspaceIn(workspace.folder);
  await untilDone(() => publish(ground.db, later, new Date()));
  say('all-kinds: published anew');
  await ask('all-kinds', 'migrations', { map: LATER_MAP });
  await pauseBetween(BETWEEN);
  await pauseAndResume('converting', '10/second');
  await pauseAndResume('team', '1/second');
  await pauseAndResume('promoted-high', '5/second');
  return { held };
}

async function insist(url: string, body: object): Promise<object> {
  return untilDone(async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    const text = await response.text();
    if (response.status >= 500) throw new Error(`${url} answered ${response.status}`);
    if (!response.ok && response.status !== UNDER_WAY) throw new WrongRequestError(`${url} answered ${text}`);
    return JSON.parse(text) as object;
  });
}

/** Trying again will not help. */
class WrongRequestError extends Error {
  override readonly name = 'WrongRequestError';
}

async function untilDone<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof WrongRequestError) throw error;
      await delay(AGAIN_AFTER);
    }
  }
}
