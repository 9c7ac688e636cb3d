import { isToken } from './find.ts';
import { secretsInTexts, secretsInVariables } from './known.ts';
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
    'OPTIMIZEFORPERFORMANCE EDGE_SUPPORT_DATA EDGE_SUPPORT_HEALTH_SOCKET DOCKER_HOST HTTPS_PROXY HTTP_PROXY NO_PROXY',
  ].flatMap((names) => names.split(' ')),
);

/** Labels in which edgeAgent keeps JSON with environment values, and its twin does; a long one may be in pieces. */
const envLabel = /^(?:net\.azure-devices\.edge\.(?:env|(?:normalized)?create-?options\d*)|createOptions\d*)$/i;

/** Where command lines stand, an argument each. */
const commands = new Set(['Cmd', 'Args', 'Entrypoint', 'Test']);

/** A copy of a container's inspect with environment values masked, in `Config.Env` and in edgeAgent's labels. */
export function maskContainer(inspect: object, redactor: Redactor, account: Account): unknown {
  return mask(inspect, redactor, account);
}

/** The secrets in a container's environment and command line, so that they are found wherever else they stand. */
export function secretsOf({ Config }: ContainerEnvironment): readonly string[] {
  const pairs = (Config?.Env ?? []).map((pair) => {
    const cut = pair.indexOf('=');
    return [pair.slice(0, cut), pair.slice(cut + 1)] as const;
  });
  const parts = [Config?.Entrypoint ?? [], Config?.Cmd ?? []].flat();
  const arguments_ = parts.filter((part, at) => isSecretArgument(part, parts[at - 1]));
  return [...new Set([...secretsInVariables(Object.fromEntries(pairs)), ...arguments_, ...secretsInTexts(parts)])];
}

/** What of an inspect is looked at for it. */
export interface ContainerEnvironment {
  readonly Config?: {
    readonly Env?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly Entrypoint?: string | readonly string[] | null | undefined;
  };
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
const isSecretArgument = (part: string, option = '') =>
  part !== '' &&
  !isToken(part) &&
  !option.includes('=') &&
  /^--?[\w-]*(?:pass|pwd|secret|token|key|credential)/i.test(option);

function maskCommand(parts: readonly unknown[], redactor: Redactor, account: Account): unknown {
  return parts.map((part, at) => {
    if (typeof part !== 'string' || !isSecretArgument(part, String(parts[at - 1] ?? ''))) return part;
    account.set('command-option', (account.get('command-option') ?? 0) + 1);
    return redactor.token(part);
  });
}

/** `user:password@proxy:3128`: with a scheme the rules find the password alone. */
const isBareLogin = (text: string) => text.includes('@') && !text.includes('://');

/** `Env` is a list of `NAME=value`; `env` in a deployment is an object of `{ NAME: { value } }` or `{ NAME: value }`. */
function maskEnv(env: unknown, redactor: Redactor, account: Account): unknown {
  const hide = (name: string, text: string) => {
    if (text === '' || isToken(text) || (harmless.has(name.toUpperCase()) && !isBareLogin(text))) return text;
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
        return [name, { ...own, value: hide(name, textOf(own.value)) }];
      }
      return [name, hide(name, textOf(own))];
    }),
  );
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
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
