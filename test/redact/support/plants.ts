import { generateKeyPairSync } from 'node:crypto';

/** A secret and a text in which it stands. */
export type Plant = readonly [what: string, secret: string, text: (secret: string) => string];

export interface Plants {
  /** A whole number from 0 to below this. */
  next(below: number): number;
  /** Something that could be a password. */
  word(): string;
  /** Several for each rule, others each time. */
  all(): readonly Plant[];
}

/** Random plants, the same for the same seed. */
export function createPlants(seed: string): Plants {
  let state = Number(seed);
  const next = (below: number) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return state % below;
  };
  const from = (letters: string, length: number) =>
    Array.from({ length }, () => letters[next(letters.length)]).join('');
  const base64 = (bytes: number) => Buffer.from(from('abcdefghijklmnopqrstuvwxyz0123456789', bytes)).toString('base64');
  const word = () =>
    `${from('ABCDEFGHJKLMNPQRSTUVWXYZ', 2)}${from('abcdefghijkmnpqrstuvwxyz', 6)}${from('23456789', 3)}`;

  const named = (name: string, text: (secret: string) => string): Plant => [name, word(), text];

  const plants = (): readonly Plant[] => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const body = pem.split('\n')[1] ?? '';
    const jwt = ['{"alg":"HS256"}', `{"sub":"${word()}"}`]
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    return [
      ['device connection string', base64(32), (s) => `HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey=${s}`],
      [
        'storage connection string',
        base64(64),
        (s) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${s};EndpointSuffix=x`,
      ],
      [
        'connection string in JSON of .NET',
        base64(32),
        (s) =>
          JSON.stringify({ c: `HostName=h;SharedAccessKey=${s}` })
            .replaceAll('=', '\\u003D')
            .replaceAll('+', '\\u002B'),
      ],
      [
        'SAS URL',
        encodeURIComponent(base64(32)),
        (s) => `upload to https://a.blob.core.windows.net/c?sv=2025-01-05&se=2026&sp=cw&sig=${s} failed`,
      ],
      [
        'SAS of IoT Hub',
        encodeURIComponent(base64(32)),
        (s) => `Authorization: SharedAccessSignature sr=h%2Fdevices%2Fd&sig=${s}&se=1767225600`,
      ],
      ['SAS in HTML', encodeURIComponent(base64(32)), (s) => `href="https://a/c?sp=r&amp;sig=${s}"`],
      [
        'SAS in escaped JSON',
        encodeURIComponent(base64(32)),
        (s) => `{\\"url\\":\\"https://a/c?sp=r\\u0026sig=${s}\\"}`,
      ],
      named('proxy URL', (s) => `https_proxy=http://edge:${s}@proxy.corp.example:3128`),
      named('proxy without scheme', (s) => `HTTPS_PROXY=edge:${s}@proxy.corp.example:3128`),
      named('registry URL', (s) => `pulling from https://user:${s}@registry.example/v2/`),
      named('AMQP URL', (s) => `"broker": "amqps://user:${s}@host:5671/vhost"`),
      named('Redis URL without user', (s) => `REDIS=redis://:${s}@redis:6379/0`),
      ['bearer header', `${base64(24).replace(/=+$/, '')}A1`, (s) => `authorization: Bearer ${s}`],
      ['basic header', Buffer.from(`user:${word()}`).toString('base64'), (s) => `> Authorization: Basic ${s}`],
      ['JSON Web Token', `${jwt}.${Buffer.from(word()).toString('base64url')}`, (s) => `id token ${s} refused`],
      ['PEM over lines', body, () => pem],
      ['PEM in JSON', body, () => JSON.stringify({ note: pem })],
      ['PEM in JSON in JSON', body, () => JSON.stringify({ note: JSON.stringify({ pem }) })],
      ['RSA PEM cut off', base64(48), (s) => `-----BEGIN RSA PRIVATE KEY-----\n${s}\n${base64(48)}\n`],
      [
        'PEM with a prefix on each line',
        base64(48),
        (s) => `<6> -----BEGIN EC PRIVATE KEY-----\n<6> ${s}\n<6> -----END EC PRIVATE KEY-----\n`,
      ],
      named('environment', (s) => `DB_PASSWORD=${s}`),
      named('environment with a prefix', (s) => `export MY_APP__SMTP__PASSWORD=${s} && run`),
      named('JSON', (s) => JSON.stringify({ user: 'u', clientSecret: s, other: 1 })),
      named('JSON in JSON', (s) => JSON.stringify({ env: JSON.stringify({ password: s }) })),
      named('JSON in JSON in JSON', (s) => JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ apiKey: s }) }) })),
      named('edgeAgent’s env', (s) => JSON.stringify({ API_TOKEN: { value: s } })),
      named('TOML', (s) => `password = "${s}"`),
      named('TOML with single quotes', (s) => `sas_token = '${s}'`),
      named('YAML', (s) => `  db_password: ${s}`),
      named('Python', (s) => `connect(user="u", passwd="${s}", port=1)`),
      named('a command line', (s) => `mysqldump --password ${s} --all`),
      named('a command line with =', (s) => `helper --api-key=${s} --verbose`),
      named('a query', (s) => `GET /v1/items?limit=1&access_token=${s}&x=1`),
      named('a header', (s) => `X-Api-Key: ${s}`),
      named('an AWS secret', (s) => `aws_secret_access_key = ${s}`),
      named('a connection string of SQL', (s) => `Server=tcp:db;User ID=u;Password=${s};Encrypt=true`),
      named('a quoted value with quotes in it', (s) => JSON.stringify({ password: `a"${s}"b` })),
      named('a quoted value with blanks', (s) => `secret: "one ${s} two"`),
      [
        'registry auth',
        Buffer.from(`edge:${word()}`).toString('base64'),
        (s) => `{"auths":{"r.example":{"auth":"${s}"}}}`,
      ],
      [
        'registry header',
        Buffer.from(JSON.stringify({ username: 'u', password: word() })).toString('base64'),
        (s) => `X-Registry-Auth: ${s}`,
      ],
      named('pass', (s) => `SMTP_PASS=${s}`),
      named('pass in JSON', (s) => JSON.stringify({ user: 'u', pass: s })),
      named('a subscription key', (s) => `Ocp-Apim-Subscription-Key: ${s}`),
      named('IoT Edge’s TOML', (s) => `symmetric_key = { value = "${s}" }`),
      named('JSON in JSON of .NET', (s) => `{"env":"{\\u0022apiKey\\u0022:\\u0022${s}\\u0022}"}`),
      named('a list of arguments', (s) => JSON.stringify(['run', '--password', s, '--level', 'info'])),
      named('a list of arguments in JSON', (s) => JSON.stringify({ a: JSON.stringify(['--api-key', s]) })),
      named('XML', (s) => `<db><password>${s}</password></db>`),
      named('XML settings', (s) => `<add key="DbPassword" value="${s}" />`),
      named('a form', (s) => `body user%3Du%26password%3D${s}%26x%3D1`),
      named('curl', (s) => `CMD-SHELL curl -f -u edge:${s} http://localhost/health`),
      named('a value with a dollar', (s) => `{"password":"$${s.toLowerCase()}"}`.replace(s.toLowerCase(), s)),
      named('a value in brackets, open', (s) => JSON.stringify({ password: `(${s}` })),
      named('an environment file', (s) => `DB_PASSWORD=a;b,(${s}`),
      named('an environment file in a log', (s) => `systemd[1]: export DB_PASSWORD=a;b,(${s}`),
      ['a number', `${10_000_000 + next(80_000_000)}`, (s) => `PASSWORD=${s}`],
      ['a number in JSON', `${10_000_000 + next(80_000_000)}`, (s) => `{"password":${s},"x":1}`],
      ['bearer in a URL', `${base64(24).replace(/=+$/, '')}A1`, (s) => `Authorization=Bearer%20${s}`],
      ['a key of Functions', `${base64(30)}`, (s) => `POST https://f.azurewebsites.net/api/run?code=${s} 401`],
      [
        'PGP',
        base64(48),
        (s) => `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${s}\n-----END PGP PRIVATE KEY BLOCK-----\n`,
      ],
      ['Entra ID', `${from('ABCabc', 3)}8Q~${from('ABCDEFabcdef0123456789_.', 34)}`, (s) => `client ${s} rejected`],
      ['SendGrid', `SG.${from('ABCabc0123', 22)}.${from('ABCabc0123', 43)}`, (s) => `mail with ${s}`],
      ['Docker Hub', `dckr_pat_${from('ABCabc0123', 27)}`, (s) => `login ${s}`],
      ['Vault', `hvs.${from('ABCabc0123', 24)}`, (s) => `X-Vault: ${s}`],
      ['a header without a scheme', from('ABCabc0123', 12) + word(), (s) => `x authorization: ${s}, host: h`],
      ['a header in JSON', from('ABCabc0123', 12) + word(), (s) => JSON.stringify({ Authorization: s })],
      ['a shared key', `${base64(32)}`, (s) => `Authorization: SharedKey account:${s}`],
      named('a cookie', (s) => `< Set-Cookie: sid=${s}; Path=/; HttpOnly`),
      named('the second of two cookies', (s) => `Cookie: theme=dark; sid=${s}`),
      named('a cookie in JSON', (s) => JSON.stringify({ headers: JSON.stringify({ cookie: `a=b; sid=${s}` }) })),
      ['a token as a URL’s user', from('ABCabc0123', 12) + word(), (s) => `fetching https://${s}@git.example/x.git`],
      ['AWS key id', `AKIA${from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`, (s) => `using ${s} in eu-west-1`],
      ['GitHub', `ghp_${from('ABCDEFabcdef0123456789', 36)}`, (s) => `cloning with ${s}`],
      ['Google', `AIza${from('ABCDEFabcdef0123456789_-', 35)}`, (s) => `maps?x=${s}&y`],
      ['npm', `npm_${from('ABCDEFabcdef0123456789', 36)}`, (s) => `//r/:_authToken ${s}`],
      ['Slack', `xoxb-${from('0123456789', 12)}-${from('abcdef0123456789', 20)}`, (s) => `posting with ${s}.`],
      ['Stripe', `sk_live_${from('ABCDEFabcdef0123456789', 24)}`, (s) => `charge ${s}`],
      [
        'a marked key of IoT',
        `${from('ABCDEFabcdef0123456789', 33)}AIoTC${from('abcdef', 5)}=`,
        (s) => `got ${s} there`,
      ],
    ];
  };

  return { next, word, all: plants };
}
