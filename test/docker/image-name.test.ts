import { checkedImage } from '../../module/docker/image-name.ts';

test.each([
  'alpine',
  'mcr.microsoft.com/azureiotedge-agent:1.5',
  'localhost:5000/a/b_c/d--e:x.y-z',
  '[::1]:5000/a:1',
  `registry.example/a@sha256:${'0'.repeat(64)}`,
  `registry.example/a:1@sha256:${'0'.repeat(64)}`,
])('%s may stand in a path', (image) => {
  expect(checkedImage(image)).toBe(image);
});

test.each([
  '',
  '../info',
  'a/../../info',
  'a/./b',
  'a b',
  'a?x=1',
  'a#x',
  'a%2fb',
  '/a',
  'a/',
  'a:',
  'A/B:..',
  `${'a/'.repeat(300)}a`,
])('"%s" may not', (image) => {
  expect(() => checkedImage(image)).toThrow(/ is not an image's name/);
});
