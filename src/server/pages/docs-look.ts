/**
 * How `/docs` looks: our name instead of its makers', nothing that leads elsewhere, and fit for a phone.
 * @module
 */
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui';

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="150" height="40" role="img" aria-label="Throughline: start page">
<text x="0" y="27" fill="#fff" font-family="system-ui, sans-serif" font-size="22" font-weight="700">Throughline</text></svg>`;

const STYLE = `
.swagger-ui .topbar .download-url-wrapper, .swagger-ui .info hgroup.main > a, .swagger-ui .response-col_links { display: none }
.swagger-ui .topbar-wrapper { flex-wrap: nowrap; justify-content: space-between }
.swagger-ui .info { margin: 24px 0 }
.swagger-ui .opblock .opblock-summary-path { max-width: none }
`;

/** The page's own HTML has no place for it. */
const PHONE = `const viewport = document.createElement('meta');
viewport.name = 'viewport';
viewport.content = 'width=device-width, initial-scale=1';
document.head.append(viewport);
`;

export const DOCS_LOOK: Pick<FastifySwaggerUiOptions, 'logo' | 'uiConfig' | 'theme'> = {
  logo: { type: 'image/svg+xml', content: LOGO, href: '/', target: '_self' },
  uiConfig: { persistAuthorization: true },
  theme: {
    title: 'API · Throughline',
    css: [{ filename: 'look.css', content: STYLE }],
    js: [{ filename: 'phone.js', content: PHONE }],
  },
};
