import { PassThrough } from 'node:stream';
import { containerOptions, refusedSource } from '../../module/docker/helper-container.ts';
import { gather, withoutFrames } from '../../module/docker/helper-output.ts';

const spec = { image: 'sha256:1', command: ['node', 'x'], network: 'host', mounts: [], asRoot: true, owner: 'm' };

test.each([
  [
    '(HTTP code 400) unexpected - invalid mount config for type "bind": bind source path does not exist: /a b/c ',
    '/a b/c',
  ],
  ['invalid mount config for type "bind": stat /a b/c: permission denied', '/a b/c'],
  ['invalid mount config for type "bind": lstat /etc/x/y: not a directory', '/etc/x/y'],
  ['statfs /etc/x: no such file or directory', '/etc/x'],
  // Not one of ours.
  ['invalid mount config for type "bind": bind source path does not exist: /etc/x/y/z', undefined],
  ['No such image: sha256:1', undefined],
  ['invalid mount config for type "bind": field Source must not be empty', undefined],
])('the source that the engine refuses is read from its message: %s', (message, source) => {
  expect(refusedSource(message, ['/etc/x', '/etc/x/y', '/a b/c'])).toBe(source);
});

test('a helper container has limits and nothing that outlives it; only what reads files of others is root', () => {
  expect(containerOptions(spec, [{ source: '/etc/aziot', target: '/host/etc/aziot' }])).toMatchObject({
    Labels: { 'edge-support.helper': 'm' },
    User: '0:0',
    HostConfig: {
      CapDrop: ['ALL'],
      CapAdd: ['DAC_OVERRIDE'],
      Mounts: [{ Type: 'bind', Source: '/etc/aziot', Target: '/host/etc/aziot', ReadOnly: true }],
    },
  });
  expect(containerOptions({ ...spec, asRoot: false }, [])).toMatchObject({
    User: '65534:65534',
    HostConfig: { CapDrop: ['ALL'], CapAdd: [] },
  });
});

const frame = (kind: number, text: string) => {
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

test('frames are taken off; a character over two of them is whole, and one that was cut off is given as it came', () => {
  const [first, second] = ['one ', ' two '];
  const euro = Buffer.from('€');
  const cut = [euro.subarray(0, 1), euro.subarray(1)].map((part) => {
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, part.length]);
    return Buffer.concat([header, part]);
  });
  const bytes = Buffer.concat([frame(1, first), ...cut, frame(2, 'oops'), frame(1, second), frame(1, 'whole')]);
  expect(withoutFrames(bytes)).toEqual({ stdout: `${first}€${second}whole`, stderr: 'oops' });
  expect(withoutFrames(bytes.subarray(0, -2)).stdout).toBe(`${first}€${second}who`);
  expect(withoutFrames(bytes.subarray(0, -8)).stdout).toBe(`${first}€${second}`);
  expect(withoutFrames(Buffer.alloc(0))).toEqual({ stdout: '', stderr: '' });
});

test('a helper is done when a zero byte ends its stdout, however long its program takes to end', async () => {
  const stream = new PassThrough();
  const gathered = gather(stream, new AbortController().signal);
  stream.write(frame(2, 'a warning\0'));
  // The header of a frame that was cut off ends with such a byte as well.
  const long = frame(1, 'x'.repeat(256));
  stream.write(long.subarray(0, 8));
  stream.write(long.subarray(8));
  stream.write(frame(1, '}\0'));
  expect(await gathered).toEqual({ stdout: `${'x'.repeat(256)}}`, stderr: 'a warning\0', whole: true });

  const ended = new PassThrough();
  const cut = gather(ended, new AbortController().signal);
  ended.end(frame(1, '{}'));
  expect(await cut).toEqual({ stdout: '{}', stderr: '', whole: false });
});
