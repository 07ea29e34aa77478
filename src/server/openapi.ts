/**
 * The API described: `/openapi.json` for machines, `/docs` for people, both made from the routes' zod schemas.
 * @module
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { DOCS_LOOK } from './pages/docs-look.ts';

const DESCRIPTION = `Product events in, live audiences, durable workflows, messages out.

**Tracking** is Segment's HTTP API: point any Segment client's \`host\` here. **Management** wants the API key as a Bearer
token. Lists answer \`{ items, next }\`; send \`next\` as \`cursor\` for the page after. Ids of people are your own user ids.
Whatever is refused is answered with \`{ error: { code, message, field, fix } }\`.`;

/** Has to be registered before the routes that it describes. */
export async function describeApi(app: FastifyInstance, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Throughline', version: '1', description: DESCRIPTION },
      servers: [{ url: publicUrl }],
      tags: [
        { name: 'tracking', description: 'Events in' },
        { name: 'management', description: 'What became of them' },
        { name: 'in-app', description: 'What a person’s page shows' },
        { name: 'operation', description: 'Is it well?' },
      ],
      components: {
        securitySchemes: {
          writeKey: { type: 'http', scheme: 'basic', description: 'The write key as user name, no password' },
          apiKey: { type: 'http', scheme: 'bearer', description: 'The API key' },
          userToken: { type: 'http', scheme: 'bearer', description: 'A token from POST /api/in-app/tokens' },
        },
      },
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      const wantsApiKey = url.startsWith('/api/') && route.route.config?.auth !== 'own';
      const wantsUserToken = url.startsWith('/in-app/');
      return {
        schema: {
          ...(wantsApiKey ? { security: [{ apiKey: [] }], tags: ['management'] } : {}),
          ...(wantsUserToken ? { security: [{ userToken: [] }] } : {}),
          ...schema,
        },
        url,
      };
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', ...DOCS_LOOK });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
