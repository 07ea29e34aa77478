import { emailFile, inAppFile, salesTaskFile, settingsFile } from '../e2e/templates.ts';
import { type checkedWorkspace, workspaceOf } from '../kit/engine.ts';

const JOURNEYS = `
journey: welcome
enter: { event: Signed Up, again: always }
goal: { event: Order Completed }
exit: { after: 7d }
steps:
  - email: hello
  - wait: 1d
---
journey: win-over
enter: { event: Export Completed }
exit: { after: 14d }
steps:
  - in-app: try-pro
  - wait-until: { event: In-App Message Dismissed }
    timeout: 7d
  - branch:
      - if: { event: In-App Message Dismissed }
        then:
          - sales-task: ask-why
`;

/** As small as the pages' tests can do with, but for names as long as people make them. */
export function smallWorkspace(): ReturnType<typeof checkedWorkspace> {
  return workspaceOf({
    'settings.yaml': settingsFile('traits: { email: string, plan: string }\n'),
    'journeys.yaml': JOURNEYS.trimStart(),
    'audiences.yaml': `audience: everyone-who-has-signed-up-and-has-not-ordered-anything-since-then\nevent: Signed Up\n`,
    'hello.mjml': emailFile('hello', 'Hello.'),
    'try-pro.yaml': inAppFile('try-pro', 'Exports on a schedule'),
    'ask-why.yaml': salesTaskFile('ask-why', 'They said no thanks.'),
  });
}
