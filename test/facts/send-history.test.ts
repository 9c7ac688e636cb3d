import { createSendHistory } from '../../module/facts/send-history.ts';

test('the last growth lies between two looks; before a second look nothing is known', () => {
  const history = createSendHistory();
  expect(history.look(500, 10)).toBeUndefined();
  expect(history.look(500, 20)).toBeUndefined();
  expect(history.look(510, 30)).toEqual({ after: 20, before: 30 });
  expect(history.look(510, 40)).toEqual({ after: 20, before: 30 });
});

test('edgeHub that was started anew has sent what it counts, and nothing when that is nothing', () => {
  const history = createSendHistory();
  history.look(500, 10);
  expect(history.look(0, 20)).toBeUndefined();
  expect(history.look(3, 30)).toEqual({ after: 20, before: 30 });
  expect(history.look(2, 40)).toEqual({ after: 30, before: 40 });
});
