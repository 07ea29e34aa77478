/**
 * Where unsubscribe links lead: a page that asks, lists what there is to choose from, and what its buttons or a mail
 * program's one click (RFC 8058) do.
 * @module
 */
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { type Unsubscribe, verifyUnsubscribe } from '../../channels/tokens.ts';
import { type Clock, DAY } from '../../core/time.ts';
import { EVERY_CATEGORY, type Wish } from '../../core/wishes.ts';
import { categoriesOf } from '../../definitions/categories.ts';
import { currentPublication } from '../../definitions/publish.ts';
import { putInInbox } from '../../ingest/inbox.ts';
import { holdSurvivor, survivorOf } from '../../profiles/survivor.ts';
import { type AboutMessage, aboutMessage, messageEvent } from '../../runs/message-events.ts';
import { changeWishes } from '../../runs/preferences.ts';
import { standingWishes, suppress } from '../../runs/suppression.ts';
import type { Database } from '../../store/database.ts';
import {
  askPage,
  brokenLinkPage,
  chosenPage,
  donePage,
  type ListedCategory,
  PAUSE_DAYS,
  pausedPage,
  spoken,
  troublePage,
} from './unsubscribe-page.ts';

export interface UnsubscribeDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signingSecret: string;
}

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const FORM_LIMIT = 65_536;

/**
 * `GET /u/:token` changes nothing: mail programs and scanners open links. `POST /u/:token` suppresses the message's
 * category, or what the form's `scope` says.
 */
export function unsubscribeRoutes(deps: UnsubscribeDeps): FastifyPluginAsync {
  const { signingSecret } = deps;
  return async (app) => {
    // One click comes as a form of either kind. Whatever the body is, the link itself says what to do.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: FORM_LIMIT },
      async (_request: unknown, body: string) => body,
    );
    app.setErrorHandler(async (error, request, reply) => {
      request.log.error({ err: error }, 'an unsubscribe link could not be answered');
      return page(reply, 503, troublePage());
    });

    app.get<{ Params: { token: string } }>('/u/:token', { schema: { hide: true } }, async ({ params }, reply) => {
      const link = verifyUnsubscribe(signingSecret, params.token);
      if (link === null) return page(reply, 404, brokenLinkPage());
      const { listed, pausedUntil } = await choicesOf(link, deps);
      return page(reply, 200, askPage(link.category, listed, pausedUntil));
    });

    app.post<{ Params: { token: string }; Body: string | undefined }>(
      '/u/:token',
      { schema: { hide: true } },
      async ({ params, body }, reply) => {
        const link = verifyUnsubscribe(signingSecret, params.token);
        if (link === null) return page(reply, 404, brokenLinkPage());
        return page(reply, 200, await answerTo(link, new URLSearchParams(body ?? ''), deps));
      },
    );
  };
}

async function answerTo(link: Unsubscribe, form: URLSearchParams, deps: UnsubscribeDeps): Promise<string> {
  const { db, clock } = deps;
  const now = clock.now();
  const cause = { by: 'preference page', message: link.messageId };
  switch (form.get('scope')) {
    case EVERY_CATEGORY:
      await unsubscribe(link, EVERY_CATEGORY, deps);
      return donePage(null);
    case 'pause': {
      const until = now + PAUSE_DAYS * DAY;
      const refused = [{ what: EVERY_CATEGORY, until }];
      await changeWishes(db, link.profileId, { refused, lifted: [], cause }, now);
      return pausedPage(new Date(until));
    }
    case 'choice': {
      const wanted = new Set(form.getAll('wanted'));
      const shown = form.getAll('listed');
      const refused: Wish[] = shown.filter((one) => !wanted.has(one)).map((what) => ({ what, until: null }));
      // Whoever wants something does not refuse everything, nor takes a break from it.
      const lifted = [...(wanted.size > 0 ? [EVERY_CATEGORY] : []), ...shown.filter((one) => wanted.has(one))];
      await changeWishes(db, link.profileId, { refused, lifted, cause }, now);
      const { listed } = await choicesOf(link, deps);
      return chosenPage(listed.filter((one) => one.wanted).map(({ title }) => title));
    }
    default: {
      await unsubscribe(link, link.category, deps);
      const { listed } = await choicesOf(link, deps);
      return donePage(listed.find(({ category }) => category === link.category)?.title ?? spoken(link.category));
    }
  }
}

interface Choices {
  readonly listed: readonly ListedCategory[];
  /** Where everything is put off until then. */
  readonly pausedUntil: Date | null;
}

/** Every kind of message, and which the person wants; the message's own is among them even where it is gone since. */
async function choicesOf({ profileId, category: own }: Unsubscribe, { db, clock }: UnsubscribeDeps): Promise<Choices> {
  const [publication, survivor] = await Promise.all([currentPublication(db), survivorOf(db, profileId)]);
  const known = publication === null ? [] : categoriesOf(publication.workspace);
  const all = known.some(({ category }) => category === own) ? known : [{ category: own }, ...known];
  const ids = survivor === null ? [] : [survivor];
  const wishes = (await standingWishes(db, ids)).get(survivor ?? 0) ?? new Map<string, number | null>();
  const stopped = (what: string) => wishes.get(what) === null;
  const until = wishes.get(EVERY_CATEGORY) ?? 0;
  return {
    listed: all.map(({ category, title = spoken(category), ...rest }) => ({
      ...rest,
      category,
      title,
      wanted: !stopped(EVERY_CATEGORY) && !stopped(category),
    })),
    pausedUntil: until > clock.now() ? new Date(until) : null,
  };
}

/** Waits for a message that is being reserved right now; from here on none is. */
async function unsubscribe(link: Unsubscribe, category: string, { db, clock }: UnsubscribeDeps): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const profileId = await holdSurvivor(tx, link.profileId);
    if (profileId === null) return;
    const now = clock.now();
    const wish = { what: category, until: null };
    if (!(await suppress(tx, profileId, wish, now, { by: 'unsubscribe link', message: link.messageId }))) return;
    const message = (await aboutMessage(tx, link.messageId)) ?? forgotten(link);
    const at = new Date(now).toISOString();
    const properties = { unsubscribed_from: category };
    const event = { name: 'Unsubscribed', profileId, message, at, receivedAt: at, properties } as const;
    await putInInbox(tx, [messageEvent({ ...event, occasion: category })]);
  });
}

/** The message was deleted since; the link still knows what it was about. */
function forgotten({ messageId, category }: Unsubscribe): AboutMessage {
  return { id: messageId, journey: '', step: '', channel: 'email', template: null, category };
}

function page(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .headers({
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex',
    })
    .send(html);
}
