/**
 * Templates: Liquid texts and the variables of one person make what that person gets.
 * @module
 */
import { Liquid, type Template } from 'liquidjs';
import type { Json, JsonObject } from '../core/condition.ts';
import type { EmailTemplate, InAppTemplate, SalesTaskTemplate } from '../core/journey.ts';
import { oneLine } from './mime.ts';

/** The filters a template may use; another one is an error when the template is parsed. */
export const FILTERS: ReadonlySet<string> = new Set(
  `abs append at_least at_most capitalize ceil compact concat date default divided_by downcase escape escape_once first
  floor join json last lstrip map minus modulo newline_to_br number_of_words plus prepend raw remove remove_first remove_last
  replace replace_first replace_last reverse round rstrip size slice sort sort_natural split squish strip strip_html
  strip_newlines sum times truncate truncatewords uniq upcase uri_escape url_decode url_encode where`.split(/\s+/),
);

const CACHED = 2_000;
const SAFE_LINK = /^(?:https?:\/\/|mailto:|tel:|[/?#])/i;

/**
 * The engine that templates are made for: {@link FILTERS} only, no file is read, dates are UTC and English. Where the
 * variable `now` is given, `{{ 'now' | date }}` means it and not the machine's time.
 * @param outputEscape `escape` for HTML
 */
export function templateEngine(outputEscape?: 'escape'): Liquid {
  const engine = new Liquid({
    outputEscape,
    strictFilters: true,
    ownPropertyOnly: true,
    templates: {},
    timezoneOffset: 0,
    locale: 'en-US',
    parseLimit: 1_000_000,
    renderLimit: 2_000,
    memoryLimit: 10_000_000,
  });
  for (const name of Object.keys(engine.filters)) {
    if (!FILTERS.has(name)) engine.unregisterFilter(name);
  }
  const { date } = engine.filters;
  if (typeof date === 'function') {
    engine.registerFilter('date', function (value, ...args) {
      const now = value === 'now' || value === 'today' ? this.context.getSync(['now']) : undefined;
      return date.call(this, now ?? value, ...args);
    });
  }
  return engine;
}

/** A cache over an engine: parses each text once, forgets the text unused for longest. */
class Renderer {
  readonly #engine: Liquid;
  readonly #parsed = new Map<string, Template[]>();

  constructor(outputEscape?: 'escape') {
    this.#engine = templateEngine(outputEscape);
  }

  render(template: string, variables: JsonObject): string {
    if (!template.includes('{{') && !template.includes('{%')) return template;
    return String(this.#engine.renderSync(this.#parse(template), variables));
  }

  #parse(template: string): Template[] {
    const parsed = this.#parsed.get(template) ?? this.#engine.parse(template);
    this.#parsed.delete(template);
    this.#parsed.set(template, parsed);
    for (const oldest of this.#parsed.keys()) {
      if (this.#parsed.size <= CACHED) break;
      this.#parsed.delete(oldest);
    }
    return parsed;
  }
}

const plain = new Renderer();
const escaping = new Renderer('escape');

/**
 * For texts that are not HTML: values stand as they are. A variable that is missing is empty.
 * @throws {Error} of liquidjs, with line and column, where the template is not Liquid
 */
export function renderLiquid(template: string, variables: JsonObject): string {
  return plain.render(template, variables);
}

/** For HTML: every value is escaped unless it passes through `raw`. Throws as {@link renderLiquid} does. */
export function renderHtml(template: string, variables: JsonObject): string {
  return escaping.render(template, variables);
}

/** Renders every text in `json`, keys left as they are. */
export function renderJson(json: Json, variables: JsonObject): Json {
  if (typeof json === 'string') return renderLiquid(json, variables);
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((one: Json) => renderJson(one, variables));
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, renderJson(value, variables)]));
}

export interface RenderedEmail {
  readonly from: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export function renderEmail({ from, subject, html, text }: EmailTemplate, variables: JsonObject): RenderedEmail {
  return {
    from: oneLine(renderLiquid(from, variables)),
    subject: oneLine(renderLiquid(subject, variables)),
    html: renderHtml(html, variables),
    text: renderLiquid(text, variables),
  };
}

/** Plain texts, not HTML: whoever shows them escapes them. Fits `messages.content`. */
export type RenderedInApp = {
  readonly placement: InAppTemplate['placement'];
  readonly title: string;
  readonly body: string;
  /** Absent where the address rendered to nothing that is safe to follow, such as `javascript:`. */
  readonly button?: { readonly label: string; readonly url: string };
};

export function renderInApp({ placement, title, body, button }: InAppTemplate, variables: JsonObject): RenderedInApp {
  const shown = { placement, title: renderLiquid(title, variables), body: renderLiquid(body, variables) };
  if (button === undefined) return shown;
  const url = renderLiquid(button.url, variables).trim();
  return SAFE_LINK.test(url) ? { ...shown, button: { label: renderLiquid(button.label, variables), url } } : shown;
}

export type RenderedSalesTask = { readonly title: string; readonly owner: string; readonly brief: string };

export function renderSalesTask({ title, owner, brief }: SalesTaskTemplate, variables: JsonObject): RenderedSalesTask {
  return {
    title: oneLine(renderLiquid(title, variables)),
    owner: oneLine(renderLiquid(owner, variables)),
    brief: renderLiquid(brief, variables),
  };
}
