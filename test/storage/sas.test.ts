import { readContainerSas, rewriteUpstream } from '../../module/storage/sas.ts';

const now = new Date('2026-06-01T12:00:00Z');
const base = 'https://acc.blob.core.windows.net/support';
const read = (query: string, url = base) => readContainerSas(`${url}?${query}`, now);

test('a container SAS with create and write is taken', () => {
  expect(read('sv=2025-01-05&sr=c&sp=cw&se=2026-06-02T00:00:00Z&sig=abc').pathname).toBe('/support');
  expect(read('sv=2025-01-05&sr=d&sdd=1&sp=cw&sig=abc', `${base}/device-1`).pathname).toBe('/support/device-1');
  // A stored access policy holds times and permissions: nothing to judge here.
  expect(() => read('si=policy&sr=c&sig=abc')).not.toThrow();
});

test.each([
  [
    'sig=abc&sp=cw&se=2026-06-01T11:59:59Z',
    "sasUrl expired at 2026-06-01T11:59:59.000Z; this device's clock says 2026-06-01T12:00:00.000Z.",
  ],
  [
    'sig=abc&sp=cw&st=2026-06-01T12:00:01Z',
    "sasUrl is not valid before 2026-06-01T12:00:01.000Z; this device's clock says 2026-06-01T12:00:00.000Z.",
  ],
  ['sig=abc&ss=b&srt=c&sp=cw', 'sasUrl is an account SAS for "c"; the resource type object (o) is needed.'],
  ['sig=abc&sp=rl', 'sasUrl grants only "rl"; create (c) and write (w) are needed.'],
  ['sig=abc&sr=b&sp=cw', 'sasUrl is a SAS of a single blob; one of the container is needed.'],
  ['sp=cw', 'sasUrl has no signature (sig=): a SAS of the container is needed.'],
])('%s is refused before any work starts', (query, message) => {
  expect(() => read(query)).toThrow(message);
});

test.each([
  ['', 'sasUrl is empty; expected the URL of a blob container with a SAS.'],
  ['no url', 'sasUrl is not a URL; expected https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS.'],
  ['ftp://host/c?sig=abc', 'sasUrl has the scheme ftp: instead of https:.'],
  ['https://host/?sig=abc', 'sasUrl names no container in its path.'],
])('%j is refused', (url, message) => {
  expect(() => readContainerSas(url, now)).toThrow(message);
});

test('no refusal quotes the URL', () => {
  for (const query of ['sig=topsecret&sp=r', 'sig=topsecret&se=2020-01-01', 'sig=topsecret&sr=b']) {
    expect(() => read(query)).not.toThrow(/topsecret/);
  }
});

test('$upstream without a parent is refused with the variable’s name', () => {
  expect(() => rewriteUpstream('https://$upstream:8000/acc/c?sig=x', undefined)).toThrow('IOTEDGE_PARENTHOSTNAME');
});
