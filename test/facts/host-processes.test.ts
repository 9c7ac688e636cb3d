import { spawn } from 'node:child_process';
import { commandOf, readProcesses } from '../../module/facts/host-processes.ts';

test('of a command line options, files and programs are told; what may be secret is not', () => {
  const line = (...parts: readonly string[]) => `${parts.join('\0')}\0`;
  expect(
    commandOf(line('/usr/bin/node', '--max=1', 'app.js', '--password', 'hunter2', '-p', 'x', '/data/x.json')),
  ).toBe('/usr/bin/node --max=… app.js --password … -p … /data/x.json');
  expect(commandOf(line('curl', 'https://u:hunter2@host/', 'a', 'b'))).toBe('curl …');
  expect(commandOf(line('sshd: root@pts/0'))).not.toContain('hunter2');
  expect(commandOf('')).toBe('');
});

test('this machine’s own processes are read, the largest first', async () => {
  const child = spawn('sleep', ['30']);
  try {
    const found = await readProcesses('/proc', AbortSignal.timeout(5000));
    expect(found.find(({ pid }) => pid === child.pid)).toMatchObject({
      parent: process.pid,
      uid: process.getuid?.(),
      command: 'sleep …',
      ageSecs: expect.any(Number),
    });
    expect(found.map(({ memory }) => memory)).toEqual(found.map(({ memory }) => memory).sort((a, b) => b - a));
  } finally {
    child.kill('SIGKILL');
  }
});
