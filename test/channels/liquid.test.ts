import { describe, expect, test } from 'vitest';
import {
  renderEmail,
  renderHtml,
  renderInApp,
  renderJson,
  renderLiquid,
  renderSalesTask,
} from '../../src/channels/liquid.ts';
import { DAY } from '../../src/core/time.ts';

const email = {
  key: 'reminder',
  category: 'cart',
  subject: '{{ person.name }}, your cart waits',
  html: '<a href="{{ event.url }}">Hello {{ person.name }}</a>',
  text: 'Hello {{ person.name }}: {{ event.url }}',
  from: 'Shop <shop@example.com>',
  transactional: false,
};

describe('an email', () => {
  test('has its values escaped in HTML and as they are in text and subject', () => {
    const person = { name: '<Ada & "Co">' };
    expect(renderEmail(email, { person, event: { url: 'https://x.example/?a=1&b=2' } })).toEqual({
      from: 'Shop <shop@example.com>',
      subject: '<Ada & "Co">, your cart waits',
      html: '<a href="https://x.example/?a=1&amp;b=2">Hello &lt;Ada &amp; &#34;Co&#34;&gt;</a>',
      text: 'Hello <Ada & "Co">: https://x.example/?a=1&b=2',
    });
  });

  test('has a subject of one line whatever the values hold', () => {
    const person = { name: 'Ada\r\nBcc: eve@example.com\u2028' };
    expect(renderEmail(email, { person }).subject).toBe('Ada Bcc: eve@example.com , your cart waits');
  });
});

test('a missing variable is empty', () => {
  expect(renderLiquid('[{{ person.name }}{{ nobody.at.all }}]', { person: {} })).toBe('[]');
});

test('a filter that is not offered, and a file, are errors with their place', () => {
  expect(() => renderLiquid('Hi\n{{ person.name | sha256 }}', {})).toThrow('undefined filter: sha256, line:2, col:1');
  expect(() => renderLiquid("{% include '/etc/hosts' %}", {})).toThrow('Failed to lookup');
  expect(() => renderLiquid('{% render file %}', { file: '/etc/hosts' })).toThrow('Failed to lookup');
});

test('an endless loop ends with an error', () => {
  expect(() => renderLiquid('{% for i in (1..1000000000) %}x{% endfor %}', {})).toThrow('limit exceeded');
});

test('prototypes are out of reach', () => {
  expect(renderLiquid('{{ person.constructor.name }}{{ person.__proto__ }}', { person: {} })).toBe('');
});

test('now is the variable, not the machine’s time', () => {
  expect(renderLiquid("{{ 'now' | date: '%Y-%m-%d' }}", { now: '2014-04-05T23:00:00Z' })).toBe('2014-04-05');
});

test('dates are in UTC', () => {
  expect(renderLiquid("{{ at | date: '%-d %B %H:%M' }}", { at: '2014-12-24T23:30:00Z' })).toBe('24 December 23:30');
});

test('HTML takes a value as it is only through raw', () => {
  expect(renderHtml('{{ x }}{{ x | raw }}', { x: '<b>' })).toBe('&lt;b&gt;<b>');
});

test('JSON is rendered wherever it holds text, keys aside', () => {
  const body = { '{{ k }}': 'Hi {{ name }}', deep: [{ n: 1, s: '{{ name }}' }, null, true] };
  expect(renderJson(body, { name: 'Ada', k: 'x' })).toEqual({
    '{{ k }}': 'Hi Ada',
    deep: [{ n: 1, s: 'Ada' }, null, true],
  });
});

describe('an in-app message', () => {
  const template = {
    key: 'unlock',
    category: 'tips',
    placement: 'banner',
    title: 'Hi {{ person.name }}',
    body: '{{ event.left }} left',
    button: { label: 'See', url: '{{ event.url }}' },
    expiresAfter: DAY,
  } as const;

  test('is plain text with its button', () => {
    expect(renderInApp(template, { person: { name: '<Ada>' }, event: { left: 3, url: '/upgrade' } })).toEqual({
      placement: 'banner',
      title: 'Hi <Ada>',
      body: '3 left',
      button: { label: 'See', url: '/upgrade' },
    });
  });

  test.each(['javascript:alert(1)', ' JavaScript:alert(1)', 'data:text/html,x', ''])(
    'has no button that leads to %j',
    (url) => {
      expect(renderInApp(template, { event: { url } })).not.toHaveProperty('button');
    },
  );
});

test('a sales task is rendered, its title and owner in one line', () => {
  const template = {
    key: 'call',
    category: 'sales',
    title: 'Call {{ person.name }}',
    owner: '{{ account.owner }}',
    dueAfter: DAY,
    brief: 'Plan: {{ person.plan }}\nCall.',
  };
  expect(renderSalesTask(template, { person: { name: 'Ada\nL', plan: 'free' }, account: { owner: 'bob' } })).toEqual({
    title: 'Call Ada L',
    owner: 'bob',
    brief: 'Plan: free\nCall.',
  });
});
