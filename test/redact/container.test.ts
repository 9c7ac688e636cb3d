import { maskContainer, secretsOf } from '../../module/redact/container.ts';
import { createRedactor } from '../../module/redact/redact.ts';

const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });
const secrets = ['s3cret-env', 's3cret-label', 's3cret-options', 's3cret-unreadable'];

const inspect = {
  Name: '/edgeAgent',
  Config: {
    Env: ['IOTEDGE_DEVICEID=device-1', 'RegistryPassword=s3cret-env', 'EMPTY=', 'NOVALUE'],
    Labels: {
      'net.azure-devices.edge.owner': 'Microsoft.Azure.Devices.Edge.Agent',
      'net.azure-devices.edge.env': JSON.stringify({
        Key: { value: 's3cret-label' },
        UpstreamProtocol: { value: 'Mqtt' },
      }),
      'net.azure-devices.edge.create-options': JSON.stringify({
        Env: ['A=s3cret-options'],
        HostConfig: { Binds: ['/a:/b'] },
      }),
    },
  },
};

test('environment values are masked in Config.Env and in edgeAgent’s labels, names and harmless values stay', () => {
  const account = new Map<string, number>();
  const masked = maskContainer(inspect, redactor, account) as typeof inspect;
  const text = JSON.stringify(masked);
  for (const secret of secrets) expect(text).not.toContain(secret);
  expect(masked.Config.Env).toEqual([
    'IOTEDGE_DEVICEID=device-1',
    `RegistryPassword=${redactor.token('s3cret-env')}`,
    'EMPTY=',
    'NOVALUE',
  ]);
  const label = JSON.parse(masked.Config.Labels['net.azure-devices.edge.env']);
  expect(label).toEqual({ Key: { value: redactor.token('s3cret-label') }, UpstreamProtocol: { value: 'Mqtt' } });
  const options = JSON.parse(masked.Config.Labels['net.azure-devices.edge.create-options']);
  expect(options).toEqual({ Env: [`A=${redactor.token('s3cret-options')}`], HostConfig: { Binds: ['/a:/b'] } });
  expect(account.get('env-value')).toBe(3);
});

test('a label that is not JSON is masked whole', () => {
  const odd = { Config: { Labels: { 'net.azure-devices.edge.env': '{"A": s3cret-unreadable' } } };
  expect(JSON.stringify(maskContainer(odd, redactor, new Map()))).not.toContain('s3cret-unreadable');
});

test('the original is not changed', () => {
  const before = JSON.stringify(inspect);
  maskContainer(inspect, redactor, new Map());
  expect(JSON.stringify(inspect)).toBe(before);
});

test('the argument after an option that says it is secret is masked, wherever command lines stand', () => {
  const command = ['run', '--password', 's3cret', '--token=s3cret2', '--level', 'info', '--api-key', ''];
  const account = new Map<string, number>();
  const masked = maskContainer({ Args: command, Config: { Healthcheck: { Test: command } } }, redactor, account);
  const expected = [
    'run',
    '--password',
    redactor.token('s3cret'),
    '--token=s3cret2',
    '--level',
    'info',
    '--api-key',
    '',
  ];
  expect(masked).toEqual({ Args: expected, Config: { Healthcheck: { Test: expected } } });
  expect(redactor.text(JSON.stringify(masked))).not.toContain('s3cret2');
  expect(account.get('command-option')).toBe(2);
});

test('lists in an environment, and create options of a twin in pieces, are masked', () => {
  const options = JSON.stringify({ Env: ['A=s3cret-piece'], Cmd: ['--pass', 's3cret-pass'], HostConfig: {} });
  for (let cut = 0; cut <= options.length; cut += 1) {
    const settings = { image: 'x:1', createOptions: options.slice(0, cut), createOptions01: options.slice(cut) };
    const text = JSON.stringify(maskContainer({ settings }, redactor, new Map()));
    // Where a cut goes through a secret its halves are none to be read.
    expect(text).not.toMatch(/s3cret-(?:piece|pass)/);
    expect(text).toContain('x:1');
  }
  const label = {
    'net.azure-devices.edge.env': JSON.stringify({ A: ['s3cret-1'], B: { value: { x: 's3cret-2' } }, C: null }),
  };
  const text = JSON.stringify(maskContainer({ Config: { Labels: label } }, redactor, new Map()));
  expect(text).not.toContain('s3cret-');
});

test('secrets of a command line are known too', () => {
  const Cmd = ['serve', '--api-key', 'hunter-five', '--url=https://u:hunter-six@h/', '--level', 'information'];
  expect(secretsOf({ Config: { Cmd, Entrypoint: null } })).toEqual(['hunter-five', 'hunter-six']);
});

test('secrets among environment values are known by their names and their shape', () => {
  const Env = [
    'A=b',
    'DB_PASSWORD=hunter22',
    'URL=https://u:hunter33@h/',
    'C=HostName=h;SharedAccessKey=aHVudGVyNDQ=',
    'MODE=x',
  ];
  expect(secretsOf({ Config: { Env } })).toEqual(['hunter22', 'hunter33', 'aHVudGVyNDQ=']);
  expect(secretsOf({})).toEqual([]);
});

test('a proxy is shown, but not one whose password stands without a scheme', () => {
  const env = { HTTPS_PROXY: { value: 'edge:hunter-one@proxy:3128' }, HTTP_PROXY: { value: 'http://proxy:3128' } };
  const label = { 'net.azure-devices.edge.env': JSON.stringify(env) };
  const text = JSON.stringify(maskContainer({ Config: { Labels: label } }, redactor, new Map()));
  expect(text).not.toContain('hunter-one');
  expect(text).toContain('http://proxy:3128');
});
