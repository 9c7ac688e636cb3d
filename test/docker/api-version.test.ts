import { apiPrefix } from '../../module/docker/api-version.ts';

test.each([
  ['1.41', '1.12', '/v1.41'],
  ['1.9', '1.5', '/v1.9'],
  ['1.52', '1.44', '/v1.47'],
  ['1.60', '1.50', '/v1.50'],
  ['', '', '/v1.47'],
])('an engine that speaks %s and at least %s is asked under %s', (apiVersion, minApiVersion, prefix) => {
  expect(apiPrefix({ apiVersion, minApiVersion })).toBe(prefix);
});
