/**
 * Where unsubscribe links lead: a page that asks, and what its button or a mail program's one click (RFC 8058) does.
 * @module
 */
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { type Unsubscribe, verifyUnsubscribe } from '../../channels/tokens.ts';
import type { Clock } from '../../core/time.ts';
import { EVERY_CATEGORY } from '../../core/wishes.ts';
import { putInInbox } from '../../ingest/inbox.ts';
import { holdSurvivor } from '../../profiles/survivor.ts';
import { type AboutMessage, aboutMessage, messageEvent } from '../../runs/message-events.ts';
import { suppress } from '../../runs/suppression.ts';
import type { Database } from '../../store/database.ts';
import { askPage, brokenLinkPage, donePage } from './unsubscribe-page.ts';

export interface UnsubscribeDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly signingSecret: string;
}

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const FORM_LIMIT = 4_096;

/**
 * `GET /u/:token` changes nothing: mail programs and scanners open links. `POST /u/:token` suppresses the message's
 * category, or everything where the form says `scope=all`.
 */
export function unsubscribeRoutes({ db, clock, signingSecret }: UnsubscribeDeps): FastifyPluginAsync {
  return async (app) => {
    // One click comes as a form of either kind. Whatever the body is, the link itself says what to do.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: FORM_LIMIT },
      async (_request: unknown, body: string) => body,
    );

    app.get<{ Params: { token: string } }>('/u/:token', { schema: { hide: true } }, async ({ params }, reply) => {
      const link = verifyUnsubscribe(signingSecret, params.token);
      return link === null ? page(reply, 404, brokenLinkPage()) : page(reply, 200, askPage(link.category));
    });

    app.post<{ Params: { token: string }; Body: string | undefined }>(
      '/u/:token',
      { schema: { hide: true } },
      async ({ params, body }, reply) => {
        const link = verifyUnsubscribe(signingSecret, params.token);
        if (link === null) return page(reply, 404, brokenLinkPage());
        const everything = new URLSearchParams(body ?? '').get('scope') === EVERY_CATEGORY;
        await unsubscribe(link, everything ? EVERY_CATEGORY : link.category);
        return page(reply, 200, donePage(everything ? null : link.category));
      },
    );
  };

  /** Waits for a message that is being reserved right now; from here on none is. */
  function unsubscribe(link: Unsubscribe, category: string): Promise<void> {
    return db.transaction().execute(async (tx) => {
      const profileId = await holdSurvivor(tx, link.profileId);
      if (profileId === null) return;
      const now = clock.now();
      if (
        !(await suppress(tx, profileId, { what: category, until: null }, now, {
          by: 'unsubscribe link',
          message: link.messageId,
        }))
      )
        return;
      const message = (await aboutMessage(tx, link.messageId)) ?? forgotten(link);
      const at = new Date(now).toISOString();
      const properties = { unsubscribed_from: category };
      const event = { name: 'Unsubscribed', profileId, message, at, receivedAt: at, properties } as const;
      await putInInbox(tx, [messageEvent({ ...event, occasion: category })]);
    });
  }
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
