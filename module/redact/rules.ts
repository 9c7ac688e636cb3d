import { isPublic } from './addresses.ts';
import {
  isLineSecret,
  isNamedSecret,
  isQuotedSecret,
  looksMade,
  looksRandom,
  mayHaveValue,
  quote,
  wordHints,
  words,
} from './names.ts';

/** What a kind of secret looks like. The pattern has the groups `before`, `secret` and `after`, of which two may be missing. */
export interface Rule {
  readonly name: string;
  /** What it finds, in one sentence; for the documentation. */
  readonly about: string;
  /**
   * Texts of four characters or more, one of which is in every line with a match, in any case; or a single character that is
   * rare. The pattern runs only where one is found.
   */
  readonly hints: readonly string[];
  /** What must hold for the bytes around a hint, from `at` to before `end`, so that the pattern runs at all. */
  readonly near?: (bytes: Uint8Array, at: number, end: number) => boolean;
  /** Of a rule whose hint is a single character: texts one of which is in the line, too. */
  readonly and?: readonly string[];
  /** With the flag g. */
  readonly pattern: RegExp;
  /** Whether a match is one; for what a pattern cannot tell. */
  readonly accept?: (match: Match) => boolean;
  /** Only asked for in scope `strict`. */
  readonly strict?: true;
  /** A text with one secret in it, and that secret. Tests and the documentation read it. */
  readonly example: { readonly text: string; readonly secret: string };
}

export interface Match {
  readonly before: string;
  readonly secret: string;
}

export const rules: readonly Rule[] = [
  {
    name: 'private-key',
    about: 'Private keys in PEM, over lines or in one, line breaks escaped or not.',
    hints: ['PRIVATE KEY'],
    // Up to the end, but not past the next beginning: many beginnings without an end must not cost their square.
    pattern:
      /(?<before>-----BEGIN (?:[A-Z]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----)(?<secret>(?:[^-]|-(?!----BEGIN )){1,65536}?(?=-----END (?:[A-Z]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----)|(?:(?:\s|\\{1,8}[nr]){0,100}(?:[^\n]{0,200}[\t ])?[A-Za-z0-9+/=]{16,})+)/g,
    example: {
      text: '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIFakeFakeFakeFake\n-----END PRIVATE KEY-----',
      secret: '\nMC4CAQAwBQYDK2VwBCIEIFakeFakeFakeFake\n',
    },
  },
  {
    name: 'connection-string-key',
    about: 'Keys in connection strings of IoT Hub, Storage, Service Bus and others.',
    hints: ['Key=', 'Secret=', 'Key\\u003d', 'Secret\\u003d'],
    // .NET's JSON writes + as \u002B and = as \u003D.
    pattern:
      /(?<before>\b(?:SharedAccessKey|AccountKey|SharedAccessSecret|SharedSecretKey)(?:=|\\+u003d))(?<secret>(?:[A-Za-z0-9+/%]|\\+u002[bf]|\\\/){8,}(?:=|\\+u003d){0,2})/gi,
    example: {
      text: 'HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey=ZmFrZWtleWZha2VrZXlmYWtla2V5',
      secret: 'ZmFrZWtleWZha2VrZXlmYWtla2V5',
    },
  },
  {
    name: 'sas-signature',
    about: 'The signature of a shared access signature, of Azure Storage or IoT Hub.',
    hints: ['sig=', 'sig%3d', 'sig\\u003d'],
    pattern:
      /(?<before>(?:[?&; "']|&amp;|\\+u0026|%26|^)sig(?:=|%3d|\\+u003d))(?<secret>(?:[A-Za-z0-9%+/_=-]|\\+u00[23][bdf]){16,})/gim,
    example: {
      text: 'https://a.blob.core.windows.net/c?sv=2025-01-05&sp=cw&sig=c2lnbmF0dXJlc2lnbmF0dXJl%3D',
      secret: 'c2lnbmF0dXJlc2lnbmF0dXJl%3D',
    },
  },
  {
    name: 'url-password',
    about: 'The password in a URL, as proxies have it.',
    hints: ['@'],
    and: ['://', ':\\/\\/'],
    pattern:
      /(?<before>\b[a-z][a-z0-9+.-]{0,30}:(?:\/\/|\\\/\\\/)[^\s:/@"'<>\\]{0,200}:)(?<secret>[^\s/"'<>\\]{1,200})(?<after>@)/gi,
    example: { text: 'https_proxy=http://user:hunter2@proxy.corp.example:3128', secret: 'hunter2' },
  },
  {
    name: 'url-token',
    about: 'A token that stands where a URL has its user.',
    hints: ['@'],
    and: ['://', ':\\/\\/'],
    pattern: /(?<before>\bhttps?:(?:\/\/|\\\/\\\/))(?<secret>[A-Za-z0-9_~-]{16,200})(?<after>@)/gi,
    accept: ({ secret }) => looksMade(secret),
    example: { text: 'git clone https://Ab1cDe2fGh3iJk4l@git.example/x', secret: 'Ab1cDe2fGh3iJk4l' },
  },
  {
    name: 'proxy-password',
    about: 'The password of a proxy that is named without a scheme.',
    hints: ['proxy'],
    pattern: /(?<before>proxy["']?\s{0,3}[=:]\s{0,3}["']?[\w.-]{1,100}:)(?<secret>[^\s/@"'<>\\]{1,200})(?<after>@)/gi,
    example: { text: 'https_proxy=edge:hunter2@proxy.corp.example:3128', secret: 'hunter2' },
  },
  {
    name: 'authorization-header',
    about: 'Bearer tokens and basic credentials.',
    hints: ['bearer ', 'bearer%20', 'basic ', 'basic%20'],
    pattern: /(?<before>\b(?:Bearer|Basic)(?:[ ]+|%20))(?<secret>[A-Za-z0-9._~+/-]{12,}={0,2})/gi,
    // Words of prose have no digits and no capitals in their middle.
    accept: ({ secret }) =>
      /[A-Za-z]\d|\d[A-Za-z]|[a-z][A-Z]|[+/=]/.test(secret) && !/^[a-z]+(?:[-./][a-z]+)*\.?$/.test(secret),
    example: {
      text: 'Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
      secret: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
    },
  },
  {
    name: 'authorization-value',
    about: 'What stands after `Authorization:` without a scheme, or with one of those that are seen less.',
    hints: ['authorization"', "authorization'", 'authorization:', 'authorization=', 'authorization\\'],
    pattern: new RegExp(
      `(?<before>authorization(?:${quote})?\\s{0,3}[:=]\\s{0,3}(?:${quote})?(?:(?:Token|SharedKey|SharedKeyLite|ApiKey|Negotiate|NTLM) {1,2})?)(?<secret>[A-Za-z0-9._~:+/-]{16,}={0,2})`,
      'gi',
    ),
    accept: ({ secret }) => looksMade(secret),
    example: { text: '"Authorization": "Ab1cDe2fGh3iJk4l"', secret: 'Ab1cDe2fGh3iJk4l' },
  },
  {
    name: 'cookie',
    about: 'Values of cookies in headers.',
    hints: ['cookie:', 'cookie"', "cookie'", 'cookie\\'],
    pattern: new RegExp(
      `(?<before>\\bcookie(?:${quote})?\\s{0,3}:\\s{0,3}(?:${quote})?)(?<secret>(?:[\\w.-]{1,100}=[^\\s;"'\\\\]{1,4096}(?:; ?)?){1,100})`,
      'gi',
    ),
    accept: ({ secret }) =>
      secret.split(';').some((one) => /=(?=[^=]{10})(?=.*\d)(?=.*[a-z])/i.test(one.replace(/^[^=]*/, ''))),
    example: { text: 'Cookie: session=Ab1cDe2fGh3iJk4l', secret: 'session=Ab1cDe2fGh3iJk4l' },
  },
  {
    name: 'json-web-token',
    about: 'JSON Web Tokens, wherever they stand.',
    hints: ['.eyJ'],
    pattern: /(?<before>(?<![A-Za-z0-9_-]))(?<secret>eyJ[A-Za-z0-9_-]{6,}\.eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*)/g,
    example: {
      text: 'id token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkZXZpY2UifQ.c2lnbmF0dXJl refused',
      secret: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkZXZpY2UifQ.c2lnbmF0dXJl',
    },
  },
  {
    name: 'quoted-value',
    about: 'Quoted values of names that say they are secret, as in JSON, TOML and code; JSON within JSON too.',
    hints: wordHints,
    near: mayHaveValue,
    // An argument in a list follows its option; IoT Edge's configuration has keys as { value = "…" }.
    pattern: new RegExp(
      `(?<before>(?<![\\w.-])[\\w.-]{0,200}?(?:${words})(?:${quote})?\\s{0,4}(?:[:=]|=>|(?<=${quote}--?[\\w-]{1,60}${quote}\\s{0,4}),)\\s{0,4}` +
        `(?:\\{\\s{0,4}(?:${quote})?value(?:${quote})?\\s{0,4}[:=]\\s{0,4})?(?<open>${quote}))` +
        `(?<secret>(?:(?!\\k<open>)(?:\\\\[^\\n]|[^\\n\\r\\\\])){1,4096}?)(?=\\k<open>|$)`,
      'gim',
    ),
    accept: isQuotedSecret,
    example: { text: '{"user":"edge","password":"hunter2"}', secret: 'hunter2' },
  },
  {
    name: 'named-value',
    about: 'Values without quotes of names that say they are secret, as in environment files and command lines.',
    hints: wordHints,
    near: mayHaveValue,
    pattern: new RegExp(
      `(?<before>(?<![\\w.-])-{0,2}[\\w.-]{0,200}?(?:${words})(?:=|(?:${quote})?\\s{0,2}[:=]\\s{0,3}|(?<=--[\\w-]{1,60})\\s|%3d))(?<secret>[^\\s"',;&<>(){}\\[\\]\\\\|]{3,4096})`,
      'gi',
    ),
    accept: isNamedSecret,
    example: { text: 'docker run -e DB_PASSWORD=hunter22 image', secret: 'hunter22' },
  },
  {
    // What a log prints after its own prefix is alone there, too.
    name: 'whole-line-value',
    about: 'A name that says it is secret and its value on a line of their own, as in YAML and environment files.',
    hints: wordHints,
    near: mayHaveValue,
    pattern: new RegExp(
      `(?<before>^[\\t ]*(?:- |export )?[\\w.-]{0,60}(?:${words})(?::[\\t ]+|=)|(?<=[:\\]-] (?:export )?)[\\w.-]{0,60}(?:${words})=)(?<secret>[^\\s"'#|>][^\\s"']{2,4096})(?=[\\t ]*\\r?$)`,
      'gim',
    ),
    accept: isLineSecret,
    example: { text: '  db_password: swordfish', secret: 'swordfish' },
  },
  {
    name: 'markup-value',
    about: 'Values of elements and attributes of names that say they are secret, as in XML.',
    hints: wordHints,
    near: mayHaveValue,
    pattern: new RegExp(
      `(?<before><[\\w.:-]{0,60}(?:${words})(?: [^<>]{0,200})?>|(?:key|name)=["'][\\w.:-]{0,60}(?:${words})["'] {1,4}value=["'])(?<secret>[^<>"'\\n]{1,4096})(?=<\\/|["'])`,
      'gi',
    ),
    accept: isQuotedSecret,
    example: { text: '<user>edge</user><password>hunter2</password>', secret: 'hunter2' },
  },
  {
    name: 'login-option',
    about: 'The password that tools for the web are given with the name of a user.',
    hints: ['curl ', 'curl",', 'wget '],
    pattern:
      /(?<before>\b(?:curl|wget)\b[^\n|]{0,1000}?[\s"'](?:-u|-U|--user|--proxy-user)[\s"',=\\]{1,8}[\w.@+-]{1,100}:)(?<secret>[^\s"'\\]{1,200})/g,
    example: { text: 'CMD-SHELL curl -fs -u edge:hunter2 http://localhost/', secret: 'hunter2' },
  },
  {
    name: 'url-key',
    about: 'Keys in the query of a URL, as of Azure Functions.',
    hints: ['?code=', '&code=', '?key=', '&key=', 'u0026code=', 'u0026key='],
    pattern: /(?<before>(?:[?&]|\\+u0026|&amp;)(?:code|key)=)(?<secret>[A-Za-z0-9_%+/.-]{20,}={0,2})/gi,
    accept: ({ secret }) => looksRandom(secret),
    example: {
      text: 'POST https://f.azurewebsites.net/api/run?code=Q2Fubm90R3Vlc3NNZTEyMw==',
      secret: 'Q2Fubm90R3Vlc3NNZTEyMw==',
    },
  },
  {
    name: 'registry-credential',
    about: "A container registry's credentials, in Docker's configuration or its header.",
    hints: ['auth"', "auth'", 'registry-auth', 'auth\\"'],
    pattern: new RegExp(
      `(?<before>(?:\\bauth${quote}\\s{0,4}:\\s{0,4}${quote}|X-Registry-Auth:\\s{0,4}))(?<secret>[A-Za-z0-9+/_-]{8,4096}={0,2})`,
      'gi',
    ),
    example: { text: '{"auths":{"registry.example":{"auth":"ZWRnZTpodW50ZXIy"}}}', secret: 'ZWRnZTpodW50ZXIy' },
  },
  {
    name: 'azure-key',
    about: 'Keys of Azure by their shape: account keys, and those that carry the mark of their service.',
    hints: ['AIoT', 'APIM', 'ACDb', '+ABa', '+AMC', '+ASt'],
    pattern:
      /(?<before>(?<![A-Za-z0-9+/=_-]))(?<secret>[A-Za-z0-9+/]{33}AIoT[A-P][A-Za-z0-9+/]{5}=|[A-Za-z0-9+/]{76}(?:APIM|ACDb|\+(?:ABa|AMC|ASt))[A-Za-z0-9+/]{5}[AQgw]==)/g,
    example: {
      text: `key ${'Ab1+'.repeat(8)}xAIoTCabcde= leaked`,
      secret: `${'Ab1+'.repeat(8)}xAIoTCabcde=`,
    },
  },
  {
    name: 'entra-secret',
    about: 'Client secrets of Microsoft Entra ID by their shape.',
    hints: ['~'],
    pattern: /(?<before>(?<![\w~.-]))(?<secret>[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})(?![\w~.-])/g,
    example: {
      text: 'login with Ab18Q~abcdefghijklmnopqrstuvwxyz0123456 failed',
      secret: 'Ab18Q~abcdefghijklmnopqrstuvwxyz0123456',
    },
  },
  {
    name: 'provider-key',
    about:
      'Keys of well-known providers by their prefix: AWS, Docker Hub, GitHub, GitLab, Google, npm, PyPI, Slack, Stripe, SendGrid, Vault and others.',
    hints: [
      ...['AKIA', 'ASIA', 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'glpat-', 'glrt-', 'AIza', 'GOCSPX-'],
      ...[
        'npm_',
        'pypi-',
        'dckr_pat_',
        'dckr_oat_',
        'xoxa-',
        'xoxb-',
        'xoxp-',
        'xoxr-',
        'xoxs-',
        'xapp-',
        'hooks.slack.com',
      ],
      ...['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'whsec_', 'ya29.', 'dop_v1_', 'hvs.', 'sk-proj-', 'sk-ant-'],
      ...['=SG.', ' SG.', '"SG.', ':SG.', "'SG."],
    ],
    pattern:
      /(?<before>(?<![A-Za-z0-9]))(?<secret>(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])|gh[opusr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|gl(?:pat|rt)-[A-Za-z0-9_-]{20,}|AIza[0-9A-Za-z_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{32,}|dckr_[op]at_[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}|ya29\.[A-Za-z0-9_-]{20,}|dop_v1_[0-9a-f]{64}|hvs\.[A-Za-z0-9_-]{20,}|sk-(?:proj|ant)-[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}|hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,})/g,
    example: { text: 'aws configure AKIAABCDEFGHIJKLMNOP done', secret: 'AKIAABCDEFGHIJKLMNOP' },
  },
  {
    name: 'e-mail',
    about: 'E-mail addresses.',
    strict: true,
    hints: ['@'],
    pattern:
      /(?<before>(?<![\w.+-]))(?<secret>[\w.+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,24})(?![\w-])/g,
    example: { text: 'mail from jane.doe@contoso.example refused', secret: 'jane.doe@contoso.example' },
  },
  {
    name: 'public-address',
    about: 'IP addresses that are not private, of this machine, or for documentation.',
    strict: true,
    hints: [],
    pattern:
      /(?<before>\bversion["']?[\s:=]{1,3}["']?|(?<![\w.]))(?<secret>(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)|(?<!:)(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6})(?![\w:]))/gi,
    accept: ({ before, secret }) => before === '' && isPublic(secret),
    example: { text: 'connected to 20.50.80.7 on 443', secret: '20.50.80.7' },
  },
];
