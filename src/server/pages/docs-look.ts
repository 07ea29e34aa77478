/**
 * How `/docs` looks: our name instead of its makers', nothing that leads elsewhere, and fit for a phone.
 * @module
 */
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui';

const STYLE = `
.start { display: block; max-width: 1420px; margin: 0 auto; padding: 20px 20px 0; font: 700 20px system-ui, sans-serif; text-decoration: none; color: #0b6e63 }
.dark-mode body { background: #1c2022 }
.dark-mode .start { color: #5cc9bb }
.start:focus-visible { outline: 3px solid; outline-offset: -3px }
.swagger-ui .topbar, .swagger-ui .info hgroup.main > a, .swagger-ui .response-col_links { display: none }
.swagger-ui .info { margin: 20px 0 }
.swagger-ui .opblock .opblock-summary-path { max-width: none }
`;

/** The page's own HTML has no place for these. */
const ADDITIONS = `document.head.append(
  Object.assign(document.createElement('meta'), { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
);
document.body.prepend(
  Object.assign(document.createElement('a'), { className: 'start', href: '/', textContent: '← Throughline' }),
);
`;

export const DOCS_LOOK: Pick<FastifySwaggerUiOptions, 'uiConfig' | 'theme'> = {
  uiConfig: { persistAuthorization: true },
  theme: {
    title: 'API · Throughline',
    css: [{ filename: 'look.css', content: STYLE }],
    js: [{ filename: 'additions.js', content: ADDITIONS }],
  },
};
