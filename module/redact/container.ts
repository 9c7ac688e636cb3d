import { isToken } from './find.ts';
import { createKnownSecrets } from './known.ts';
import type { Account, Redactor } from './redact.ts';

/*
 * `docker inspect` shows every environment variable, and edgeAgent's labels hold the deployment's environment and
 * create options as JSON inside a JSON string. Values are masked by where they stand, whatever they look like.
 */

/** Variables whose values help and are no secrets; all other values are replaced by tokens. */
const harmless = new Set(
  [
    'PATH HOME HOSTNAME LANG TZ TERM ASPNETCORE_URLS DOTNET_VERSION DOTNET_RUNNING_IN_CONTAINER NODE_ENV NODE_VERSION',
    'IOTEDGE_WORKLOADURI IOTEDGE_MANAGEMENTURI IOTEDGE_IOTHUBHOSTNAME IOTEDGE_GATEWAYHOSTNAME IOTEDGE_PARENTHOSTNAME',
    'IOTEDGE_DEVICEID IOTEDGE_MODULEID IOTEDGE_MODULEGENERATIONID IOTEDGE_AUTHSCHEME IOTEDGE_APIVERSION',
    'IOTEDGE_WORKLOADLISTEN_MNTURI EDGEDEVICEHOSTNAME RUNTIMELOGLEVEL UPSTREAMPROTOCOL NETWORKID MODE STORAGEFOLDER',
    'OPTIMIZEFORPERFORMANCE EDGE_SUPPORT_DATA DOCKER_HOST HTTPS_PROXY HTTP_PROXY NO_PROXY',
  ].flatMap((names) => names.split(' ')),
);

/** Labels in which edgeAgent keeps JSON with environment values; a long one may be in pieces. */
const envLabel = /^net\.azure-devices\.edge\.(?:env|(?:normalized)?create-?options\d*)$/i;

/** Where command lines stand, an argument each. */
const commands = new Set(['Cmd', 'Args', 'Entrypoint', 'Test']);

/** A copy of a container's inspect with environment values masked, in `Config.Env` and in edgeAgent's labels. */
export function maskContainer(inspect: object, redactor: Redactor, account: Account): unknown {
  return mask(inspect, redactor, account);
}

/** The secrets among the values of a container's environment, so that they are found wherever else they stand. */
export function secretsOf(inspect: ContainerEnvironment): readonly string[] {
  const pairs = (inspect.Config?.Env ?? []).map((pair) => {
    const cut = pair.indexOf('=');
    return [pair.slice(0, cut), pair.slice(cut + 1)] as const;
  });
  return createKnownSecrets(Object.fromEntries(pairs)).list();
}

/** What of an inspect is looked at for it. */
export interface ContainerEnvironment {
  readonly Config?: { readonly Env?: readonly string[] | null };
}

function mask(value: unknown, redactor: Redactor, account: Account): unknown {
  if (Array.isArray(value)) return value.map((item) => mask(item, redactor, account));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => {
      if (key === 'Env' || key === 'env') return [key, maskEnv(own, redactor, account)];
      if (commands.has(key) && Array.isArray(own)) return [key, maskCommand(own, redactor, account)];
      if (envLabel.test(key) && typeof own === 'string') return [key, maskLabel(key, own, redactor, account)];
      return [key, mask(own, redactor, account)];
    }),
  );
}

/** The argument after an option that says it is secret; `--option=value` in one is found by the rules. */
function maskCommand(parts: readonly unknown[], redactor: Redactor, account: Account): unknown {
  return parts.map((part, at) => {
    const option = String(parts[at - 1] ?? '');
    if (
      typeof part !== 'string' ||
      part === '' ||
      isToken(part) ||
      !/^--?[\w-]*(?:passw|passwd|pwd|secret|token|key|credential)/i.test(option)
    )
      return part;
    if (option.includes('=')) return part;
    account.set('command-option', (account.get('command-option') ?? 0) + 1);
    return redactor.token(part);
  });
}

/** `Env` is a list of `NAME=value`; `env` in a deployment is an object of `{ NAME: { value } }` or `{ NAME: value }`. */
function maskEnv(env: unknown, redactor: Redactor, account: Account): unknown {
  const hide = (name: string, text: string) => {
    if (text === '' || isToken(text) || harmless.has(name.toUpperCase())) return text;
    account.set('env-value', (account.get('env-value') ?? 0) + 1);
    return redactor.token(text);
  };
  if (Array.isArray(env)) {
    return env.map((pair: unknown) => {
      const text = String(pair);
      const cut = text.indexOf('=');
      return cut < 0 ? text : `${text.slice(0, cut + 1)}${hide(text.slice(0, cut), text.slice(cut + 1))}`;
    });
  }
  if (typeof env !== 'object' || env === null) return env;
  return Object.fromEntries(
    Object.entries(env).map(([name, own]) => {
      if (typeof own === 'object' && own !== null && 'value' in own) {
        return [name, { ...own, value: hide(name, String(own.value)) }];
      }
      return [name, typeof own === 'object' ? mask(own, redactor, account) : hide(name, String(own))];
    }),
  );
}

function maskLabel(label: string, text: string, redactor: Redactor, account: Account): string {
  try {
    const json: unknown = JSON.parse(text);
    const masked = label.endsWith('.env') ? maskEnv(json, redactor, account) : mask(json, redactor, account);
    return JSON.stringify(masked);
  } catch {
    account.set('env-value', (account.get('env-value') ?? 0) + 1);
    return redactor.token(text);
  }
}
