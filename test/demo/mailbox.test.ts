import { expect, it } from 'vitest';
import { messageIdOf } from '../../src/channels/email.ts';
import { checkMailbox } from '../../src/demo/mailbox.ts';

const sent = ['cart/1/0/reminder/0', 'cart/2/0/reminder/0'];
const arrived = sent.map((id) => messageIdOf(id, 'shop.example'));

it('the mailbox agrees where each email came once, whatever the brackets', () => {
  const bare = arrived.map((id) => id.slice(1, -1));
  expect(checkMailbox(sent, arrived)).toEqual({ recorded: 2, arrived: 2, doubled: 0, differences: 0 });
  expect(checkMailbox(sent, bare)).toEqual({ recorded: 2, arrived: 2, doubled: 0, differences: 0 });
});

it('an email that is missing, unknown or there twice shows', () => {
  const [first = ''] = arrived;
  expect(checkMailbox(sent, [first])).toMatchObject({ arrived: 1, differences: 1 });
  expect(checkMailbox(sent, [...arrived, '<other@shop.example>'])).toMatchObject({ arrived: 3, differences: 1 });
  expect(checkMailbox(sent, [...arrived, first])).toMatchObject({ arrived: 2, doubled: 1, differences: 0 });
});
