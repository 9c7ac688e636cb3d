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
  [{ sections: ['Field check'] }, /sections\[0\] must be one of .*Field checks, got "Field check"/],
  [{ output: 'xml' }, /output must be one of json, text, got "xml"/],
  [{ checks: ['hostnam'] }, /there is no check "hostnam"\. The nearest names are "hostname"/],
])('%j is refused in one sentence', async (request, message) => {
  expect(await runCheck(request)).toEqual({ status: 400, message: expect.stringMatching(message) });
});

test('what is asked for by its names is taken', async () => {
  const request = {
    checks: ['parent_hostname'],
    iothubHostname: 'hub-1.azure-devices.net',
    ntpServer: '[fd00::1]:123',
    expectedVersions: { 'aziot-edge': '1.5.21-1' },
  };
  expect(await runCheck(request)).toEqual({ status: 200, message: undefined });
});
