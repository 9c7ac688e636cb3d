import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

async function runCheck(request: object) {
  const payload = Buffer.from(JSON.stringify(request));
  const { status, body } = await dispatch({ name: 'RunCheck', payload }, services({ docker: memoryDocker({}) }));
  return { status, message: (body as { message?: string }).message };
}

test.each<[request: object, message: RegExp]>([
  [{ iothubHostname: 'https://hub.example/x' }, /iothubHostname must be a host name such as \S+, got "https:/],
  [{ iothubHostname: '' }, /iothubHostname must be a host name such as \S+, got ""/],
  [{ iothubHostname: 7 }, /iothubHostname must be a host name such as \S+, got 7/],
  [{ ntpServer: 'a b' }, /ntpServer must be a server such as .*, got "a b"/],
  [{ expectedVersions: { 'aziot-edge': 'newest' } }, /expectedVersions\.aziot-edge must be a version such as 1\.5\.21/],
  [{ expectedVersions: '1.5' }, /expectedVersions must be a JSON object/],
  [
    { sections: ['field checks', 'Field check'] },
    /^sections: there is no section "Field check"\. The nearest names are "Field checks", "[^"]+", "[^"]+"\.$/,
  ],
  [
    { dontRun: ['host-local-tim'] },
    /^dontRun: there is no check "host-local-tim"\. The nearest names are "host-local-time"/,
  ],
  [{ checks: ['x'.repeat(100_000)] }, /^checks: there is no check "x{80}"\./],
  [{ checks: ['nothing'], background: true }, /^checks: there is no check "nothing"/],
  [{ timeoutSecs: 281 }, /timeoutSecs must be at most 280, or background must be true/],
  [{ timeoutSecs: 86_401, background: true }, /timeoutSecs must be an integer from 1 to 86400, got 86401/],
  [{ background: 'later' }, /background must be true or false, got "later"/],
  [{ output: 'xml' }, /output must be one of json, text, got "xml"/],
  [{ checks: ['hostnam'] }, /^checks: there is no check "hostnam"\. The nearest names are "hostname"/],
])('%j is refused in one sentence', async (request, message) => {
  expect(await runCheck(request)).toEqual({ status: 400, message: expect.stringMatching(message) });
});

test('what is asked for by its names is taken', async () => {
  const request = {
    checks: ['parent_hostname'],
    sections: ['CONFIGURATION checks'],
    iothubHostname: 'hub-1.azure-devices.net',
    ntpServer: '[fd00::1]:123',
    expectedVersions: { 'aziot-edge': '1.5.21-1' },
  };
  expect(await runCheck(request)).toEqual({ status: 200, message: undefined });
});
