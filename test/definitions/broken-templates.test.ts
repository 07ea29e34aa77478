import { expect, test } from 'vitest';
import { type Files, messagesOf } from './folder.ts';

/** Templates that use what is not there, or cannot be rendered, with everything that an author is told. */
const mjml = (body: string, front = '') =>
  `---\nemail: hello\nsubject: Hello\n${front}---\n<mjml><mj-body><mj-section><mj-column>\n${body}\n</mj-column></mj-section></mj-body></mjml>\n`;
const UNSUBSCRIBE = '<mj-text><a href="{{ unsubscribeUrl }}">unsubscribe</a></mj-text>';

const BROKEN: readonly [name: string, files: Files, messages: readonly string[]][] = [
  [
    'unknown variables in a sales task',
    {
      'a.yaml':
        "sales-task: a\ntitle: 'For {{ person.firstname }}'\nowner: \"{{ account.owner | defualt: 'me' }}\"\nbrief: |\n  Who: {{ person.plan }}\n  Where: {{ person.plam }}, {{ persn.plan }}\n  When: {{ event.at.all }} {{ journey.name }} {{ plan }} {{ unsubscribeUrl }}\n",
    },
    [
      'a.yaml:2:16  People have no trait `firstname`. Did you mean `person.firstName`?',
      'a.yaml:3:9  Liquid has no filter `defualt`. Did you mean `default`?',
      'a.yaml:6:13  People have no trait `plam`. Did you mean `person.plan`?',
      'a.yaml:6:32  Unknown variable `persn`. Did you mean `person`?',
      'a.yaml:7:31  Of the journey only `journey.key` can be used.',
      'a.yaml:7:50  Unknown variable `plan`. Did you mean `person.plan`?',
      'a.yaml:7:61  `unsubscribeUrl` is there in emails only. Leave it out.',
    ],
  ],
  [
    'broken Liquid in an in-app message',
    {
      'a.yaml':
        "in-app: a\nplacement: banner\ntitle: 'Hello {% if person.plan %}'\nbody: \"{{ person }} {{ person[event.k] }} {% render 'x' %}\"\nbutton: { label: '{{ a', url: /x }\n",
    },
    [
      'a.yaml:3:15  The Liquid is broken: tag {% if person.plan %} not closed.',
      'a.yaml:4:43  Liquid has no tag `render`.',
      'a.yaml:5:19  The Liquid is broken: output "{{ a" not closed.',
    ],
  ],
  [
    'broken Liquid in a webhook',
    {
      'a.yaml':
        "journey: a\nenter: { event: X }\nsteps:\n  - webhook:\n      url: https://example.com/{{ person.idd }}\n      headers: { x: '{{ foo }}' }\n      body: { deep: [1, '{{ person.plam }}'] }\n",
    },
    [
      'a.yaml:5:35  People have no trait `idd`. Did you mean `person.id`?',
      'a.yaml:6:25  Unknown variable `foo`. There is `person`, `account`, `event`, `journey`, `offer`.',
      'a.yaml:7:29  People have no trait `plam`. Did you mean `person.plan`?',
    ],
  ],
  [
    'unknown variables in an email',
    {
      'a.mjml': mjml(
        `${UNSUBSCRIBE}\n<mj-text>Hi {{ person.firstNam }}\n  {% for x in event.items %}{{ x.name }}{{ y.name }}{% endfor %}</mj-text>`,
        "preview: '{{ person.plam }}'\n",
      ),
    },
    [
      'a.mjml:4:14  People have no trait `plam`. Did you mean `person.plan`?',
      'a.mjml:8:16  People have no trait `firstNam`. Did you mean `person.firstName`?',
      'a.mjml:9:44  Unknown variable `y`. There is `person`, `account`, `event`, `journey`, `offer`, `unsubscribeUrl`.',
    ],
  ],
  [
    'MJML that is none',
    { 'a.mjml': mjml(`${UNSUBSCRIBE}\n<mj-text colour="red">a</mj-text>\n<mj-txt>b</mj-txt>`) },
    [
      'a.mjml:7:1  `<mj-text>`: Attribute colour is illegal.',
      "a.mjml:8:1  `<mj-txt>`: Element mj-txt doesn't exist or is not registered.",
    ],
  ],
  [
    'an email without any MJML',
    { 'a.mjml': '---\nemail: a\nsubject: x\n---\nHello!\n' },
    ['a.mjml:5:1  The template holds no MJML. Write `<mjml>` … `</mjml>`.'],
  ],
  [
    'an email that nobody can unsubscribe from',
    { 'a.mjml': mjml('<mj-text>Buy!</mj-text>') },
    [
      'a.mjml:5:1  The email has no way to unsubscribe. Add `<a href="{{ unsubscribeUrl }}">Unsubscribe</a>`, or `transactional: true` if it is no marketing.',
    ],
  ],
  [
    'Liquid between MJML tags',
    {
      'a.mjml': mjml(`${UNSUBSCRIBE}\n{% if person.plan %}<mj-text>x</mj-text>{% endif %}`),
    },
    [
      'a.mjml:7:1  MJML drops `{% if person.plan %}` here. Put it inside `<mj-text>` or `<mj-raw>`.',
      'a.mjml:7:41  MJML drops `{% endif %}` here. Put it inside `<mj-text>` or `<mj-raw>`.',
    ],
  ],
  [
    'an included file that is not there, or outside',
    {
      'a.mjml': mjml(`${UNSUBSCRIBE}\n<mj-include path="./_none.mjml" />`),
      'b.mjml': mjml(`${UNSUBSCRIBE}\n<mj-include path="../../etc/hosts" />`).replace('email: hello', 'email: b'),
    },
    [
      'a.mjml:7:1  An included file is not there, or not inside the workspace.',
      'b.mjml:7:1  An included file is not there, or not inside the workspace.',
    ],
  ],
  [
    'faults in an included file',
    {
      'a.mjml': mjml('<mj-text>x</mj-text>\n<mj-include path="./_foot.mjml" />'),
      '_foot.mjml':
        '<mj-text>\n  <a href="{{ unsubscribeUrl }}">out</a> {{ person.nmae }}\n</mj-text>\n<mj-text colour="red">x</mj-text>\n',
    },
    [
      '_foot.mjml:2:45  People have no trait `nmae`. Declare it under `traits` in the settings.',
      'a.mjml:7:1  `<mj-text>` in `_foot.mjml`, line 4: Attribute colour is illegal.',
    ],
  ],
];

test.each(BROKEN)('%s', async (_, files, messages) => {
  expect(await messagesOf(files)).toEqual(messages);
});
