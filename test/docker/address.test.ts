import { parseDockerHost } from '../../module/docker/address.ts';

test.each([
  ['', { socketPath: '/var/run/docker.sock' }],
  ['unix://', { socketPath: '/var/run/docker.sock' }],
  ['unix:///run/x.sock', { socketPath: '/run/x.sock' }],
  ['tcp://10.0.0.1:2375', { protocol: 'http', host: '10.0.0.1', port: '2375' }],
  ['tcp://engine', { protocol: 'http', host: 'engine', port: '2375' }],
  ['tcp://engine:2376', { protocol: 'https', host: 'engine', port: '2376' }],
  ['http://engine:1234', { protocol: 'http', host: 'engine', port: '1234' }],
  ['http://engine:80/', { protocol: 'http', host: 'engine', port: '80' }],
  ['tcp://[::1]:2375', { protocol: 'http', host: '::1', port: '2375' }],
  ['https://engine', { protocol: 'https', host: 'engine', port: '2376' }],
])('DOCKER_HOST %j', (text, expected) => {
  expect(parseDockerHost(text)).toEqual(expected);
});

test.each(['npipe:////./pipe/docker', 'ssh://host', '/var/run/docker.sock', 'tcp://', 'http://a b', 'tcp://a:1/path'])(
  'DOCKER_HOST %j is refused',
  (text) => {
    expect(() => parseDockerHost(text)).toThrow(
      `DOCKER_HOST must be unix:///path, tcp://host:port or http(s)://…, got "${text}".`,
    );
  },
);
