/** What a kind of secret looks like. The pattern has the groups `before`, `secret` and `after`. */
export interface Rule {
  readonly name: string;
  /** Cheap substrings, one of which is in every match: the pattern runs only where one is found. */
  readonly hints: readonly string[];
  readonly pattern: RegExp;
  /** A text with one secret in it, and that secret. Tests read it. */
  readonly example: { readonly text: string; readonly secret: string };
}

export const rules: readonly Rule[] = [
  {
    name: 'connection-string-key',
    hints: ['Key=', 'key=', 'KEY=', 'Secret=', 'secret=', 'SECRET=', 'u003d', 'u003D'],
    // .NET's JSON writes + as \u002B and = as \u003D.
    pattern:
      /(?<before>\b(?:SharedAccessKey|AccountKey|SharedAccessSecret)(?:=|\\u003d))(?<secret>(?:[A-Za-z0-9+/%]|\\u002[bf]|\\\/){8,}(?:=|\\u003d){0,2})/gi,
    example: {
      text: 'HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey=ZmFrZWtleWZha2VrZXlmYWtla2V5',
      secret: 'ZmFrZWtleWZha2VrZXlmYWtla2V5',
    },
  },
  {
    name: 'sas-signature',
    hints: ['sig=', 'Sig=', 'SIG='],
    pattern: /(?<before>(?:[?&; "]|&amp;|\\u0026|^)sig=)(?<secret>[A-Za-z0-9%+/_=-]{16,})/gim,
    example: {
      text: 'https://a.blob.core.windows.net/c?sv=2025-01-05&sp=cw&sig=c2lnbmF0dXJlc2lnbmF0dXJl%3D',
      secret: 'c2lnbmF0dXJlc2lnbmF0dXJl%3D',
    },
  },
  {
    name: 'url-password',
    hints: ['://'],
    pattern: /(?<before>\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@"'<>]{0,200}:)(?<secret>[^\s/"'<>]{1,200})(?<after>@)/gi,
    example: { text: 'https_proxy=http://user:hunter2@proxy.corp.example:3128', secret: 'hunter2' },
  },
  {
    name: 'authorization-header',
    hints: ['earer ', 'asic ', 'EARER ', 'ASIC '],
    pattern: /(?<before>\b(?:Bearer|Basic)[ ]+)(?<secret>[A-Za-z0-9._~+/-]{16,}={0,2})/gi,
    example: {
      text: 'Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
      secret: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.',
    },
  },
];
