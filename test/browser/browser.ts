import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { vi } from 'vitest';
import { chromiumExecutable } from '../../src/runtime/chromium.ts';
import { quiet } from '../kit/quiet.ts';

// A browser needs much of a machine that runs other tests beside it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
export const LAPTOP = { viewport: { width: 1280, height: 800 } };
/** Every look a page has to be fit for. */
export const LOOKS: readonly { readonly name: string; readonly options: BrowserContextOptions }[] = [
  { name: 'phone, light', options: { ...PHONE, colorScheme: 'light' } },
  { name: 'phone, dark', options: { ...PHONE, colorScheme: 'dark' } },
  { name: 'laptop, light', options: { ...LAPTOP, colorScheme: 'light' } },
  { name: 'laptop, dark', options: { ...LAPTOP, colorScheme: 'dark' } },
];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The machine's own Chromium, without a window. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await chromiumExecutable(quiet), headless: true, args: FLAGS });
}

export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page: errors, and requests to hosts that are not `home`. */
  readonly faults: readonly string[];
}

/** A page of a fresh person. Answers with an error status are no fault; the test looks at those itself. */
export async function watchedPage(
  browser: Browser,
  home: readonly string[],
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    const isStatus = message.text().startsWith('Failed to load resource: the server responded');
    if (message.type() === 'error' && !isStatus) faults.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && !home.includes(origin)) faults.push(`asks ${request.url()}`);
  });
  return { page, context, faults };
}

export interface OtherSite {
  readonly origin: string;
  close(): Promise<void>;
}

/** A site of somebody else, on an origin of its own. */
export async function otherSite(answer: RequestListener): Promise<OtherSite> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** How many pixels of the page cannot be seen without scrolling sideways. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

const FAINT_TEXTS = readFileSync(new URL('./faint-texts.js', import.meta.url), 'utf8');

/** Texts that stand out from their background less than WCAG's AA asks for, with their contrast. */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(FAINT_TEXTS);
}
