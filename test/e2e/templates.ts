/** Files of a workspace with as little in them as a test needs. */

export function settingsFile(more = ''): string {
  return `settings: test\ntimezone: Etc/UTC\nsender: Shop <shop@example.test>\n${more}`;
}

/** An email of one paragraph; `front` are lines of its front matter. */
export function emailFile(key: string, text: string, front = ''): string {
  return `---
email: ${key}
subject: '${key}'
${front}---
<mjml><mj-body><mj-section><mj-column>
<mj-text>${text}</mj-text>
<mj-text><a href="{{ unsubscribeUrl }}">Unsubscribe</a></mj-text>
</mj-column></mj-section></mj-body></mjml>
`;
}

export function inAppFile(key: string, text: string, more = ''): string {
  return `in-app: ${key}\n${more}placement: banner\ntitle: ${key}\nbody: '${text}'\nexpiresAfter: 30d\n`;
}

export function salesTaskFile(key: string, text: string): string {
  return `sales-task: ${key}\ntitle: ${key}\nowner: expansion\ndue: 2 days\nbrief: '${text}'\n`;
}
